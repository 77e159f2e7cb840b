package dev.golive.phone

import dev.golive.ErrorKind
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFalse

class PermissionsNeededTest {
    @Test
    fun `a permission that is missing is named, with what to do about it`() {
        val denial = PermissionsNeeded(camera = true, microphone = true, apiLevel = 35).denial { it == PermissionsNeeded.CAMERA }
        assertEquals(ErrorKind.PERMISSION_DENIED, denial?.kind)
        val message = denial?.message.orEmpty()
        assertContains(message, "the microphone may not be used")
        assertContains(message, "requestPermissions (android.permission.RECORD_AUDIO)")
        assertFalse("camera" in message, message)
    }

    @Test
    fun `nobody is asked for what is not used, and notifications are no condition`() {
        val sound = PermissionsNeeded(camera = false, microphone = true, apiLevel = 35)
        assertEquals(listOf(PermissionsNeeded.MICROPHONE, PermissionsNeeded.NOTIFICATIONS), sound.missing { false })
        assertEquals(null, sound.denial { it == PermissionsNeeded.MICROPHONE })
        val old = PermissionsNeeded(camera = true, microphone = false, apiLevel = 32)
        assertEquals(listOf(PermissionsNeeded.CAMERA), old.missing { false })
    }
}
