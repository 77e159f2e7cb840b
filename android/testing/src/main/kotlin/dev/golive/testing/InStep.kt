package dev.golive.testing

import kotlinx.coroutines.ExperimentalForInheritanceCoroutinesApi
import kotlinx.coroutines.flow.StateFlow

/** A state whose readers see what holds at this very moment of virtual time. */
@OptIn(ExperimentalForInheritanceCoroutinesApi::class)
internal class InStep<T>(private val state: StateFlow<T>, private val catchUp: () -> Unit) :
    StateFlow<T> by state {
    override val value: T
        get() {
            catchUp()
            return state.value
        }
}
