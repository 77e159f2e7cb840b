package dev.golive.android

import android.annotation.SuppressLint
import android.content.Context
import android.net.wifi.WifiManager
import android.os.Build
import android.os.PowerManager

/**
 * Keeps the processor running and Wi-Fi from saving power, which would hold packets back by a tenth of a
 * second and more. A foreground service alone does neither once the screen is off.
 */
internal class StayAwake(context: Context) {
    private val processor = context.service<PowerManager>().newWakeLock(PowerManager.PARTIAL_WAKE_LOCK, NAME)
    private val wifi = context.getSystemService(WifiManager::class.java)?.createWifiLock(wifiMode(), NAME)

    // For as long as a broadcast lasts, and nobody knows how long that is.
    @SuppressLint("WakelockTimeout")
    fun begin() {
        if (!processor.isHeld) processor.acquire()
        if (wifi?.isHeld == false) wifi.acquire()
    }

    fun end() {
        if (processor.isHeld) processor.release()
        if (wifi?.isHeld == true) wifi.release()
    }

    private companion object {
        const val NAME = "golive:on-air"

        @Suppress("DEPRECATION")
        fun wifiMode(): Int =
            // Which works with the screen off. Newer systems know one mode only, which needs the screen on and the
            // app in front: an app keeps the screen on there.
            if (Build.VERSION.SDK_INT < Build.VERSION_CODES.UPSIDE_DOWN_CAKE) WifiManager.WIFI_MODE_FULL_HIGH_PERF
            else WifiManager.WIFI_MODE_FULL_LOW_LATENCY
    }
}
