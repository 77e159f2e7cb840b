package dev.golive.phone

import dev.golive.ErrorKind
import dev.golive.GoliveException

/** Which permissions a broadcast needs on a system of this API level, and what to say of those that are missing. */
public class PermissionsNeeded(camera: Boolean, microphone: Boolean, apiLevel: Int) {
    private val required = listOfNotNull(CAMERA.takeIf { camera }, MICROPHONE.takeIf { microphone })
    private val advised = listOfNotNull(NOTIFICATIONS.takeIf { apiLevel >= NOTIFICATIONS_SINCE })

    /** Those to ask for, the required ones first. */
    public fun missing(isGranted: (String) -> Boolean): List<String> = (required + advised).filterNot(isGranted)

    /** What to throw if one is missing that is required. */
    public fun denial(isGranted: (String) -> Boolean): GoliveException? {
        val missing = required.filterNot(isGranted).ifEmpty { return null }
        val devices = missing.joinToString(" and ") { if (it == CAMERA) "camera" else "microphone" }
        val message = "the $devices may not be used: ask the person with requestPermissions " +
            "(${missing.joinToString()}); where they said no for good, the system's settings of this app allow it"
        return GoliveException(ErrorKind.PERMISSION_DENIED, message, null)
    }

    public companion object {
        /** `Manifest.permission.CAMERA`. */
        public const val CAMERA: String = "android.permission.CAMERA"

        /** `Manifest.permission.RECORD_AUDIO`. */
        public const val MICROPHONE: String = "android.permission.RECORD_AUDIO"

        /** `Manifest.permission.POST_NOTIFICATIONS`. */
        public const val NOTIFICATIONS: String = "android.permission.POST_NOTIFICATIONS"

        private const val NOTIFICATIONS_SINCE = 33
    }
}
