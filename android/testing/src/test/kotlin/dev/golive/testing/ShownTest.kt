package dev.golive.testing

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals

class ShownTest {
    @Test
    fun `the tests that docs, testing shows are those that run here`() {
        val document = File("../../docs/testing.md").readText()
        val shown = document.substringAfter("```kotlin\n").substringBefore("```").trim()
        val run = File("src/test/kotlin/shown/LiveScreenTest.kt").readText()
        assertEquals(shown, run.removePrefix("package shown\n").trim())
    }
}
