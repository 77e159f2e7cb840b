package dev.golive.android

import android.graphics.Rect
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraMetadata
import android.hardware.camera2.CaptureRequest
import android.os.Build
import android.util.Range
import android.view.Surface
import dev.golive.camera.CameraSetup

/** How a camera films: at the rate that is asked for, focused all the time, steadied where it can be. */
internal fun CameraDevice.recordRequest(
    characteristics: CameraCharacteristics,
    surface: Surface,
    setup: CameraSetup,
    isTorchOn: Boolean,
    zoom: Float,
): CaptureRequest.Builder =
    createCaptureRequest(CameraDevice.TEMPLATE_RECORD).apply {
        addTarget(surface)
        set(CaptureRequest.CONTROL_AE_TARGET_FPS_RANGE, Range(setup.rate.first, setup.rate.last))
        val focuses = characteristics[CameraCharacteristics.CONTROL_AF_AVAILABLE_MODES]
        if (focuses?.contains(CameraMetadata.CONTROL_AF_MODE_CONTINUOUS_VIDEO) == true) {
            set(CaptureRequest.CONTROL_AF_MODE, CameraMetadata.CONTROL_AF_MODE_CONTINUOUS_VIDEO)
        }
        steady(characteristics)
        // With the exposure left to the camera, as the template does.
        set(CaptureRequest.FLASH_MODE, if (isTorchOn) CameraMetadata.FLASH_MODE_TORCH else CameraMetadata.FLASH_MODE_OFF)
        magnify(characteristics, zoom)
    }

/** The lens itself where it can be moved, the picture otherwise: both at once disturb each other. */
private fun CaptureRequest.Builder.steady(characteristics: CameraCharacteristics) {
    val optical = characteristics[CameraCharacteristics.LENS_INFO_AVAILABLE_OPTICAL_STABILIZATION]
    val electronic = characteristics[CameraCharacteristics.CONTROL_AVAILABLE_VIDEO_STABILIZATION_MODES]
    val hasOptical = optical?.contains(CameraMetadata.LENS_OPTICAL_STABILIZATION_MODE_ON) == true
    val hasElectronic = electronic?.contains(CameraMetadata.CONTROL_VIDEO_STABILIZATION_MODE_ON) == true
    if (hasOptical) {
        set(CaptureRequest.LENS_OPTICAL_STABILIZATION_MODE, CameraMetadata.LENS_OPTICAL_STABILIZATION_MODE_ON)
    }
    val mode = if (hasElectronic && !hasOptical) {
        CameraMetadata.CONTROL_VIDEO_STABILIZATION_MODE_ON
    } else {
        CameraMetadata.CONTROL_VIDEO_STABILIZATION_MODE_OFF
    }
    set(CaptureRequest.CONTROL_VIDEO_STABILIZATION_MODE, mode)
}

private fun CaptureRequest.Builder.magnify(characteristics: CameraCharacteristics, zoom: Float) {
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R &&
        characteristics[CameraCharacteristics.CONTROL_ZOOM_RATIO_RANGE] != null
    ) {
        set(CaptureRequest.CONTROL_ZOOM_RATIO, zoom)
        return
    }
    val whole = characteristics[CameraCharacteristics.SENSOR_INFO_ACTIVE_ARRAY_SIZE] ?: return
    val width = (whole.width() / zoom).toInt()
    val height = (whole.height() / zoom).toInt()
    val left = (whole.width() - width) / 2
    val top = (whole.height() - height) / 2
    // The array's own coordinates begin at zero.
    set(CaptureRequest.SCALER_CROP_REGION, Rect(left, top, left + width, top + height))
}
