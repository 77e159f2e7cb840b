package dev.golive.android

import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CameraMetadata
import android.os.Build
import dev.golive.camera.Facing
import dev.golive.camera.Lens
import dev.golive.camera.PictureSize
import dev.golive.camera.Turn
import dev.golive.codec.Clock

/** The cameras that make pictures, as Camera2 describes them: the system's own order, main ones first. */
internal fun CameraManager.lenses(): List<Lens> =
    cameraIdList.mapNotNull { id -> getCameraCharacteristics(id).lens(id) }

private fun CameraCharacteristics.lens(id: String): Lens? {
    val able = this[CameraCharacteristics.REQUEST_AVAILABLE_CAPABILITIES] ?: return null
    // Depth sensors and the like.
    if (CameraMetadata.REQUEST_AVAILABLE_CAPABILITIES_BACKWARD_COMPATIBLE !in able) return null
    return Lens(
        id = id,
        facing = when (this[CameraCharacteristics.LENS_FACING]) {
            CameraMetadata.LENS_FACING_FRONT -> Facing.FRONT
            CameraMetadata.LENS_FACING_BACK -> Facing.BACK
            else -> Facing.EXTERNAL
        },
        sensorTurn = Turn.ofDegrees(this[CameraCharacteristics.SENSOR_ORIENTATION] ?: 0),
        sizes = sizes(),
        rates = rates(),
        hasTorch = this[CameraCharacteristics.FLASH_INFO_AVAILABLE] == true,
        zoom = zoom(),
        clock = when (this[CameraCharacteristics.SENSOR_INFO_TIMESTAMP_SOURCE]) {
            CameraMetadata.SENSOR_INFO_TIMESTAMP_SOURCE_REALTIME -> Clock.BOOT
            else -> Clock.MONOTONIC
        },
    )
}

private fun CameraCharacteristics.sizes(): List<PictureSize> {
    val map = this[CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP] ?: return emptyList()
    return map.getOutputSizes(SurfaceTexture::class.java).orEmpty()
        // Zero where the camera does not say.
        .filter { map.getOutputMinFrameDuration(SurfaceTexture::class.java, it) <= SLOWEST_NS }
        .map { PictureSize(it.width, it.height) }
}

private fun CameraCharacteristics.rates(): List<IntRange> =
    this[CameraCharacteristics.CONTROL_AE_AVAILABLE_TARGET_FPS_RANGES].orEmpty().map { it.lower..it.upper }

private fun CameraCharacteristics.zoom(): ClosedFloatingPointRange<Float> {
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
        this[CameraCharacteristics.CONTROL_ZOOM_RATIO_RANGE]?.let { return it.lower..it.upper }
    }
    return 1f..maxOf(1f, this[CameraCharacteristics.SCALER_AVAILABLE_MAX_DIGITAL_ZOOM] ?: 1f)
}

/** Sizes at which a camera makes fewer than 24 pictures a second are for photographs. */
private const val SLOWEST_NS = 1_000_000_000L / 24
