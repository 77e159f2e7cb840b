package dev.golive.sample

import android.app.Activity
import android.os.Bundle
import android.view.WindowManager
import dev.golive.BroadcastConfig
import dev.golive.GoliveException
import dev.golive.LiveBroadcast
import dev.golive.android.LiveService
import dev.golive.android.Permissions
import dev.golive.android.Studio
import dev.golive.android.StudioOptions
import dev.golive.destination
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** The whole app: a preview, and buttons that do what they say. What is shown, [LivePresenter] decides. */
class LiveActivity : Activity() {
    private val scope by lazy { CoroutineScope(SupervisorJob() + mainExecutor.asCoroutineDispatcher()) }
    private val presenter by lazy { LivePresenter(scope) }
    private val views by lazy { LiveViews(this, Buttons()) }
    private val studio by lazy {
        Studio(this, StudioOptions(notification = LiveService.notification(this, "On air")))
    }
    private var notices: Job? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        setContentView(views.root)
        scope.launch { presenter.screen.collect(views::show) }
        val missing = Permissions.missing(this)
        if (missing.isEmpty()) preview() else requestPermissions(missing.toTypedArray(), 1)
    }

    override fun onRequestPermissionsResult(request: Int, permissions: Array<String>, results: IntArray): Unit = preview()

    override fun onDestroy() {
        scope.cancel()
        studio.close()
        super.onDestroy()
    }

    private fun preview() {
        try {
            studio.preview(views.preview)
        } catch (denied: GoliveException) {
            presenter.tell(denied.message)
        }
    }

    private suspend fun prepare(): LiveBroadcast {
        val broadcast = studio.prepare(BroadcastConfig(destination(views.address)))
        notices?.cancel()
        notices = scope.launch { broadcast.notices.collect { presenter.tell(it.sentence) } }
        return broadcast
    }

    private inner class Buttons : LiveViews.Actions {
        override fun onLive() =
            if (presenter.screen.value.phase == LiveScreen.Phase.OFF_AIR) presenter.goLive { prepare() } else presenter.stop()

        override fun onSwitchCamera() = studio.switchCamera()

        override fun onTorch(isOn: Boolean) {
            studio.torch = isOn
        }

        override fun onMute(isMuted: Boolean) = presenter.mute(isMuted)
    }
}
