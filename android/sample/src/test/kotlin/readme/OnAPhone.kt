package readme

import android.app.Activity
import android.widget.TextView
import dev.golive.BroadcastConfig
import dev.golive.android.LiveService
import dev.golive.android.PreviewView
import dev.golive.android.Studio
import dev.golive.android.StudioOptions
import dev.golive.destination
import kotlinx.coroutines.launch

/** What the documents show of a phone, in an activity that compiles. */
abstract class OnAPhone : Activity() {
    abstract val previewView: PreviewView
    abstract val status: TextView
    abstract val url: String

    suspend fun asTheReadmeShows() {
        val studio = Studio(this, StudioOptions(notification = LiveService.notification(this, "On air")))
        studio.preview(previewView)
        studio.onAir(BroadcastConfig(destination(url))) { broadcast ->
            broadcast.events.collect { status.text = it.sentence }
        }
    }

    suspend fun asAndroidsReadmeShows() {
        val studio = Studio(this, StudioOptions(notification = LiveService.notification(this, "On air")))
        studio.preview(previewView)
        studio.onAir(BroadcastConfig(destination(url))) { broadcast ->
            launch { broadcast.notices.collect { status.text = it.sentence } }   // a call, heat, the background
            broadcast.events.collect { status.text = it.sentence }
        }
    }
}
