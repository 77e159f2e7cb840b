package dev.golive.android

import android.content.Context
import dev.golive.ErrorKind
import dev.golive.GoliveException

/** A service of the system that every phone has. */
internal inline fun <reified T : Any> Context.service(): T =
    getSystemService(T::class.java)
        ?: throw GoliveException(ErrorKind.SYSTEM, "this system has no ${T::class.java.simpleName}", null)
