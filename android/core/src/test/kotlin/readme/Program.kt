package readme

import dev.golive.*
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.*

suspend fun main(arguments: Array<String>) {
    val sources = Sources(video = VideoSource.TestPicture, audio = AudioSource.TestTone)
    onAir(BroadcastConfig(destination(arguments[0]), sources = sources)) { broadcast ->
        launch { broadcast.events.collect { println(it.sentence) } }
        delay(10.seconds)
    }
}
