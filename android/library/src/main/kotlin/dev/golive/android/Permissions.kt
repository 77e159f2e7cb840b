package dev.golive.android

import android.content.Context
import android.content.pm.PackageManager
import android.os.Build
import dev.golive.GoliveException
import dev.golive.phone.PermissionsNeeded

/** What the person has to allow before a broadcast begins. Asking is the activity's own. */
public object Permissions {
    /**
     * Makes sure that what is used is allowed, before anything is opened.
     *
     * @throws GoliveException of kind `PERMISSION_DENIED`, saying which permission is missing and what to do.
     */
    public fun require(context: Context, camera: Boolean = true, microphone: Boolean = true) {
        PermissionsNeeded(camera, microphone, Build.VERSION.SDK_INT).denial { isGranted(context, it) }?.let { throw it }
    }

    /**
     * The permissions to ask for with `Activity.requestPermissions`; empty, if there are all. Where the system
     * knows it, `POST_NOTIFICATIONS` is among them: without it the notification of [LiveService] is not seen,
     * and everything else goes on.
     */
    public fun missing(context: Context, camera: Boolean = true, microphone: Boolean = true): List<String> =
        PermissionsNeeded(camera, microphone, Build.VERSION.SDK_INT).missing { isGranted(context, it) }

    private fun isGranted(context: Context, permission: String): Boolean =
        context.checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED
}
