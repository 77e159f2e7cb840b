package dev.golive.sample

import android.content.Context
import android.text.InputType
import android.view.Gravity
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.FrameLayout
import android.widget.LinearLayout
import android.widget.TextView
import android.widget.ToggleButton
import dev.golive.android.PreviewView

/** The one screen: the preview, below it what it says, and the buttons. */
class LiveViews(context: Context, actions: Actions) {
    /** What the person touches. */
    interface Actions {
        fun onLive()

        fun onSwitchCamera()

        fun onTorch(isOn: Boolean)

        fun onMute(isMuted: Boolean)
    }

    val preview = PreviewView(context)

    /** Where the broadcast goes, as it was typed. */
    val address: String get() = addressField.text.toString().trim()

    private val addressField = EditText(context).apply {
        hint = "srt://ingest.example:9000"
        inputType = InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_VARIATION_URI
        setSingleLine()
    }
    private val health = TextView(context)
    private val sentence = TextView(context)
    private val live = Button(context).apply { setOnClickListener { actions.onLive() } }
    private val mute = toggle(context, "Mute") { actions.onMute(it) }
    private val buttons = LinearLayout(context).apply {
        addView(live, share())
        addView(Button(context).apply { text = "Switch"; setOnClickListener { actions.onSwitchCamera() } }, share())
        addView(toggle(context, "Torch") { actions.onTorch(it) }, share())
        addView(mute, share())
    }

    val root: View = LinearLayout(context).apply {
        orientation = LinearLayout.VERTICAL
        // System bars lie over the edges on newer systems.
        fitsSystemWindows = true
        val middle = FrameLayout.LayoutParams(MATCH, MATCH, Gravity.CENTER)
        addView(FrameLayout(context).apply { addView(preview, middle) }, LinearLayout.LayoutParams(MATCH, 0, 1f))
        for (view in listOf(health, sentence, addressField, buttons)) addView(view)
    }

    fun show(screen: LiveScreen) {
        live.text = screen.button
        live.isEnabled = screen.phase != LiveScreen.Phase.ENDING
        health.text = screen.health
        sentence.text = screen.sentence
        mute.isChecked = screen.isMuted
        addressField.isEnabled = screen.phase == LiveScreen.Phase.OFF_AIR
    }

    private fun toggle(context: Context, label: String, act: (Boolean) -> Unit) = ToggleButton(context).apply {
        textOn = label
        textOff = label
        isChecked = false
        setOnClickListener { act(isChecked) }
    }

    private fun share() = LinearLayout.LayoutParams(0, LinearLayout.LayoutParams.WRAP_CONTENT, 1f)

    private companion object {
        const val MATCH = LinearLayout.LayoutParams.MATCH_PARENT
    }
}
