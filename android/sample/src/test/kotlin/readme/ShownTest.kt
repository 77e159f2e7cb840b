package readme

import java.io.File
import kotlin.test.Test
import kotlin.test.assertContains

class ShownTest {
    private val compiled = File("src/test/kotlin/readme/OnAPhone.kt").readText()

    @Test
    fun `what the documents show of a phone compiles as it stands there`() {
        for (document in listOf("../../README.md", "../README.md")) {
            val shown = File(document).readText().substringAfter("```kotlin\nval studio").substringBefore("```")
            val lines = "val studio$shown".trimEnd().lines()
            assertContains(compiled, lines.joinToString("\n") { "        $it" }, message = document)
        }
    }
}
