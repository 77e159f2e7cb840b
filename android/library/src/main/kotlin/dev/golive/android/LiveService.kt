package dev.golive.android

import android.app.ForegroundServiceTypeException
import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.Service
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.content.pm.ServiceInfo
import android.os.Build
import android.os.IBinder
import dev.golive.ErrorKind
import dev.golive.GoliveException
import dev.golive.phone.PermissionsNeeded
import java.util.concurrent.ConcurrentLinkedQueue
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred

/**
 * Keeps camera and microphone for an app that the person has left, and the phone awake when its screen is
 * off. It holds nothing of a broadcast: it only tells the system, and by a notification the person, that one
 * is on air. The library's manifest declares it with its types and permissions.
 */
public class LiveService : Service() {
    private val awake by lazy { StayAwake(this) }
    private var isStanding = false

    override fun onBind(intent: Intent?): IBinder? = null

    override fun onStartCommand(intent: Intent?, flags: Int, startId: Int): Int {
        val order = orders.poll()
        try {
            if (order != null) comeForward(order)
            order?.isDone?.complete(Unit)
        } catch (refused: RuntimeException) {
            order?.isDone?.completeExceptionally(refused)
        }
        // Nobody waits for it any more, or it was refused.
        if (!isStanding) stopSelf(startId)
        // Made anew by the system it would stand for a broadcast that is gone.
        return START_NOT_STICKY
    }

    private fun comeForward(order: Order) {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) startForeground(NUMBER, order.notification, order.types)
        else startForeground(NUMBER, order.notification)
        isStanding = true
        awake.begin()
    }

    override fun onDestroy(): Unit = awake.end()

    private class Order(val notification: Notification, val types: Int) {
        val isDone = CompletableDeferred<Unit>()
    }

    public companion object {
        private const val CHANNEL = "golive"
        private const val NUMBER = 0x601
        private const val TOO_LATE = "start LiveService while an activity of the app is visible"
        private const val LACKING = "LiveService lacks a permission or a type in the app's merged manifest"

        private val orders = ConcurrentLinkedQueue<Order>()

        /**
         * Starts it, and returns when it stands. To be called while an activity of the app is visible: the
         * system lets nobody begin to film or listen from the background. It stands for the camera, the
         * microphone or both, whichever the person has allowed.
         *
         * @throws GoliveException of kind `PERMISSION_DENIED` if neither is allowed, `CONFIGURATION` if the
         *   system refuses because of when or how it was started, `ENDED` if it is stopped meanwhile.
         */
        public suspend fun start(context: Context, notification: Notification) {
            val order = Order(notification, types(context))
            try {
                orders.add(order)
                // Not by startForegroundService, which ends an app whose service is then refused.
                context.startService(Intent(context, LiveService::class.java))
                order.isDone.await()
            } catch (cancelled: CancellationException) {
                orders.remove(order)
                throw cancelled
            } catch (refused: IllegalStateException) {
                orders.remove(order)
                throw misused(if (isOfTypes(refused)) LACKING else TOO_LATE, refused)
            } catch (refused: SecurityException) {
                orders.remove(order)
                throw misused(LACKING, refused)
            } catch (refused: IllegalArgumentException) {
                orders.remove(order)
                throw misused(LACKING, refused)
            }
        }

        /** Ends it, with its notification. Where it does not stand, nothing happens. */
        public fun stop(context: Context) {
            while (true) {
                val waiting = orders.poll() ?: break
                waiting.isDone.completeExceptionally(GoliveException(ErrorKind.ENDED, "the service was stopped", null))
            }
            context.stopService(Intent(context, LiveService::class.java))
        }

        /**
         * A notification for it, in a channel of its own that makes no sound.
         *
         * @param opened what a touch opens; the app's own first activity, if nothing is said.
         */
        public fun notification(
            context: Context,
            title: String,
            text: String? = null,
            icon: Int = android.R.drawable.presence_video_online,
            channelName: String = "On air",
            opened: PendingIntent? = front(context),
        ): Notification {
            val channel = NotificationChannel(CHANNEL, channelName, NotificationManager.IMPORTANCE_LOW)
            context.service<NotificationManager>().createNotificationChannel(channel)
            val builder = Notification.Builder(context, CHANNEL)
                .setContentTitle(title)
                .setContentText(text)
                .setSmallIcon(icon)
                .setContentIntent(opened)
                .setOngoing(true)
                .setCategory(Notification.CATEGORY_CALL)
            // Else it comes up to ten seconds late.
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
                builder.setForegroundServiceBehavior(Notification.FOREGROUND_SERVICE_IMMEDIATE)
            }
            return builder.build()
        }

        /** As the launcher starts it, or the system would take it for another one and put a second activity on top. */
        private fun front(context: Context): PendingIntent? =
            context.packageManager.getLaunchIntentForPackage(context.packageName)
                ?.setPackage(null)
                ?.addFlags(Intent.FLAG_ACTIVITY_RESET_TASK_IF_NEEDED)
                ?.let { PendingIntent.getActivity(context, 0, it, PendingIntent.FLAG_IMMUTABLE) }

        /** The system checks that the person has allowed each of them. */
        private fun types(context: Context): Int {
            fun isAllowed(permission: String) =
                context.checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED
            if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return 0
            val camera = if (isAllowed(PermissionsNeeded.CAMERA)) ServiceInfo.FOREGROUND_SERVICE_TYPE_CAMERA else 0
            val microphone =
                if (isAllowed(PermissionsNeeded.MICROPHONE)) ServiceInfo.FOREGROUND_SERVICE_TYPE_MICROPHONE else 0
            if (camera or microphone == 0) Permissions.require(context)
            return camera or microphone
        }

        /** Since Android 14 a service of no type at all is refused so. */
        private fun isOfTypes(refused: IllegalStateException) =
            Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE && refused is ForegroundServiceTypeException

        private fun misused(what: String, cause: Exception): GoliveException =
            GoliveException(ErrorKind.CONFIGURATION, what, cause.message, cause)
    }
}
