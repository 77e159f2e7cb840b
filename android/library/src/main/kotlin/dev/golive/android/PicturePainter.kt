package dev.golive.android

import android.graphics.Bitmap
import android.opengl.GLES11Ext
import android.opengl.GLES20
import android.opengl.GLUtils
import android.opengl.Matrix
import dev.golive.camera.PictureSize
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * Paints a texture over the whole of the current surface, by two matrices: where each point is found in the
 * upright picture, and where that lies in the texture. What is outside of the picture is black.
 *
 * Made, used and closed on the thread of one OpenGL context.
 */
internal class PicturePainter : AutoCloseable {
    private val external = Program(EXTERNAL_HEAD, "samplerExternalOES")
    private val plain = Program("", "sampler2D")
    private val corners = ByteBuffer.allocateDirect(8 * Float.SIZE_BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer()
        .put(floatArrayOf(0f, 0f, 1f, 0f, 0f, 1f, 1f, 1f)).apply { rewind() }

    /** Paints a camera's texture. */
    fun paintCamera(texture: Int, framing: FloatArray, sampling: FloatArray, size: PictureSize) =
        paint(external, GLES11Ext.GL_TEXTURE_EXTERNAL_OES, texture, framing, sampling, size)

    /** Paints a texture of OpenGL's own. */
    fun paint(texture: Int, framing: FloatArray, sampling: FloatArray, size: PictureSize) =
        paint(plain, GLES20.GL_TEXTURE_2D, texture, framing, sampling, size)

    /** Paints nothing but this colour (0xAARRGGBB). */
    fun fill(color: Int) {
        GLES20.glClearColor((color shr 16 and 0xff) / 255f, (color shr 8 and 0xff) / 255f, (color and 0xff) / 255f, 1f)
        GLES20.glClear(GLES20.GL_COLOR_BUFFER_BIT)
    }

    override fun close() {
        external.close()
        plain.close()
    }

    private fun paint(program: Program, kind: Int, texture: Int, framing: FloatArray, sampling: FloatArray, size: PictureSize) {
        GLES20.glViewport(0, 0, size.widthPixels, size.heightPixels)
        program.use()
        GLES20.glActiveTexture(GLES20.GL_TEXTURE0)
        GLES20.glBindTexture(kind, texture)
        GLES20.glUniform1i(program.texture, 0)
        GLES20.glUniformMatrix4fv(program.framing, 1, false, framing, 0)
        GLES20.glUniformMatrix4fv(program.sampling, 1, false, sampling, 0)
        GLES20.glEnableVertexAttribArray(program.point)
        GLES20.glVertexAttribPointer(program.point, 2, GLES20.GL_FLOAT, false, 0, corners)
        GLES20.glDrawArrays(GLES20.GL_TRIANGLE_STRIP, 0, 4)
        GLES20.glDisableVertexAttribArray(program.point)
        GLES20.glBindTexture(kind, 0)
    }

    private class Program(head: String, sampler: String) : AutoCloseable {
        private val id = GLES20.glCreateProgram()
        val point: Int
        val texture: Int
        val framing: Int
        val sampling: Int

        init {
            val shaders = listOf(
                compile(GLES20.GL_VERTEX_SHADER, VERTEX),
                compile(GLES20.GL_FRAGMENT_SHADER, head + FRAGMENT.replace("SAMPLER", sampler)),
            )
            shaders.forEach { GLES20.glAttachShader(id, it) }
            GLES20.glLinkProgram(id)
            val linked = IntArray(1)
            GLES20.glGetProgramiv(id, GLES20.GL_LINK_STATUS, linked, 0)
            check(linked[0] == GLES20.GL_TRUE) { "a program does not link: ${GLES20.glGetProgramInfoLog(id)}" }
            shaders.forEach(GLES20::glDeleteShader)
            point = GLES20.glGetAttribLocation(id, "point")
            texture = GLES20.glGetUniformLocation(id, "picture")
            framing = GLES20.glGetUniformLocation(id, "framing")
            sampling = GLES20.glGetUniformLocation(id, "sampling")
        }

        fun use() = GLES20.glUseProgram(id)

        override fun close() = GLES20.glDeleteProgram(id)

        private fun compile(kind: Int, source: String): Int {
            val shader = GLES20.glCreateShader(kind)
            GLES20.glShaderSource(shader, source)
            GLES20.glCompileShader(shader)
            val compiled = IntArray(1)
            GLES20.glGetShaderiv(shader, GLES20.GL_COMPILE_STATUS, compiled, 0)
            check(compiled[0] == GLES20.GL_TRUE) { "a shader does not compile: ${GLES20.glGetShaderInfoLog(shader)}" }
            return shader
        }
    }

    private companion object {
        const val EXTERNAL_HEAD = "#extension GL_OES_EGL_image_external : require\n"

        const val VERTEX = """
            attribute vec2 point;
            uniform mat4 framing;
            uniform mat4 sampling;
            varying vec2 place;
            varying vec2 found;
            void main() {
                vec4 framed = framing * vec4(point, 0.0, 1.0);
                place = framed.xy;
                found = (sampling * framed).xy;
                gl_Position = vec4(point * 2.0 - 1.0, 0.0, 1.0);
            }
        """

        // Half a float does not tell the columns of a large picture apart.
        const val FRAGMENT = """
            #ifdef GL_FRAGMENT_PRECISION_HIGH
            precision highp float;
            #else
            precision mediump float;
            #endif
            uniform SAMPLER picture;
            varying vec2 place;
            varying vec2 found;
            void main() {
                vec2 inside = step(vec2(0.0), place) * step(place, vec2(1.0));
                gl_FragColor = vec4(texture2D(picture, found).rgb * inside.x * inside.y, 1.0);
            }
        """
    }
}

/** A picture that OpenGL keeps: a copy of the camera's last one, or a slate. */
internal class KeptPicture private constructor(val size: PictureSize, val sampling: FloatArray) : AutoCloseable {
    val texture: Int = newTexture(GLES20.GL_TEXTURE_2D)

    override fun close() = GLES20.glDeleteTextures(1, intArrayOf(texture), 0)

    companion object {
        /** What [paint] paints, or null if OpenGL does not do it. */
        fun painted(size: PictureSize, paint: () -> Unit): KeptPicture? {
            val kept = KeptPicture(size, identity())
            GLES20.glBindTexture(GLES20.GL_TEXTURE_2D, kept.texture)
            GLES20.glTexImage2D(
                GLES20.GL_TEXTURE_2D, 0, GLES20.GL_RGBA, size.widthPixels, size.heightPixels, 0,
                GLES20.GL_RGBA, GLES20.GL_UNSIGNED_BYTE, null,
            )
            GLES20.glBindTexture(GLES20.GL_TEXTURE_2D, 0)
            val buffer = IntArray(1)
            GLES20.glGenFramebuffers(1, buffer, 0)
            GLES20.glBindFramebuffer(GLES20.GL_FRAMEBUFFER, buffer[0])
            GLES20.glFramebufferTexture2D(
                GLES20.GL_FRAMEBUFFER, GLES20.GL_COLOR_ATTACHMENT0, GLES20.GL_TEXTURE_2D, kept.texture, 0,
            )
            val isComplete = GLES20.glCheckFramebufferStatus(GLES20.GL_FRAMEBUFFER) == GLES20.GL_FRAMEBUFFER_COMPLETE
            if (isComplete) paint()
            GLES20.glBindFramebuffer(GLES20.GL_FRAMEBUFFER, 0)
            GLES20.glDeleteFramebuffers(1, buffer, 0)
            if (!isComplete) kept.close()
            return kept.takeIf { isComplete }
        }

        /** A bitmap, whose first row OpenGL takes for the lowest. */
        fun of(bitmap: Bitmap): KeptPicture {
            val upsideDown = identity().also {
                it[5] = -1f
                it[13] = 1f
            }
            val kept = KeptPicture(PictureSize(bitmap.width, bitmap.height), upsideDown)
            GLES20.glBindTexture(GLES20.GL_TEXTURE_2D, kept.texture)
            GLUtils.texImage2D(GLES20.GL_TEXTURE_2D, 0, bitmap, 0)
            GLES20.glBindTexture(GLES20.GL_TEXTURE_2D, 0)
            return kept
        }
    }
}

internal fun identity(): FloatArray = FloatArray(16).also { Matrix.setIdentityM(it, 0) }

/** A texture of that kind, which is not repeated at its edges. */
internal fun newTexture(kind: Int): Int {
    val name = IntArray(1)
    GLES20.glGenTextures(1, name, 0)
    GLES20.glBindTexture(kind, name[0])
    GLES20.glTexParameteri(kind, GLES20.GL_TEXTURE_MIN_FILTER, GLES20.GL_LINEAR)
    GLES20.glTexParameteri(kind, GLES20.GL_TEXTURE_MAG_FILTER, GLES20.GL_LINEAR)
    GLES20.glTexParameteri(kind, GLES20.GL_TEXTURE_WRAP_S, GLES20.GL_CLAMP_TO_EDGE)
    GLES20.glTexParameteri(kind, GLES20.GL_TEXTURE_WRAP_T, GLES20.GL_CLAMP_TO_EDGE)
    GLES20.glBindTexture(kind, 0)
    return name[0]
}
