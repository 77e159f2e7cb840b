package dev.golive

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.w3c.dom.Element

/** What no build here looks at, as Gradle and Android's tools are not needed for it. */
class PackagingTest {
    @Test
    fun `Gradle takes the versions and modules that Maven's tests ran with`() {
        val pom = xml("../pom.xml")
        val properties = pom.single("properties").children().associate { it.tagName to it.textContent.trim() }
        val maven = mapOf(
            "golive" to pom.children().single { it.tagName == "version" }.textContent,
            "kotlin" to properties["kotlin.version"],
            "coroutines" to properties["coroutines.version"],
            "jna" to properties["jna.version"],
            "junit" to properties["junit.version"],
            "android-minimum-sdk" to properties["android.minimum.sdk"],
        )
        val catalogue = File("../gradle/libs.versions.toml").readText().substringAfter("[versions]").substringBefore("[libraries]")
        val gradle = Regex("""^([\w-]+) = "(.+)"$""", RegexOption.MULTILINE).findAll(catalogue).associate { it.groupValues[1] to it.groupValues[2] }
        assertEquals(maven, gradle.filterKeys { it in maven })

        val modules = pom.single("modules").children().map { it.textContent }
        val included = Regex("""include\(":(\w+)"\)""").findAll(File("../settings.gradle.kts").readText())
        assertEquals(modules, included.map { it.groupValues[1] }.toList())
        for (module in modules) assertTrue(File("../$module/build.gradle.kts").isFile, "Gradle knows nothing of $module")
    }

    @Test
    fun `the library's manifest lets its service stand, for each type with its permission`() {
        val manifest = xml("../library/src/main/AndroidManifest.xml")
        val permissions = manifest.children().filter { it.tagName == "uses-permission" }.map { it.name() }
        val service = manifest.single("service")
        assertEquals("dev.golive.android.LiveService", service.name())
        assertTrue(File("../library/src/main/kotlin/${service.name().replace('.', '/')}.kt").isFile)
        val types = service.getAttribute("android:foregroundServiceType").split("|")
        assertEquals(listOf("camera", "microphone"), types)
        for (type in types) assertContains(permissions, "android.permission.FOREGROUND_SERVICE_${type.uppercase()}")
        assertEquals("false", service.getAttribute("android:exported"), "it is nobody else's to start")
    }

    @Test
    fun `no phone is kept from an app because it lacks a camera`() {
        val features = xml("../library/src/main/AndroidManifest.xml").children().filter { it.tagName == "uses-feature" }
        assertTrue(features.any { it.name() == "android.hardware.camera" })
        assertTrue(features.all { it.getAttribute("android:required") == "false" })
    }

    @Test
    fun `R8 is told of everything that is found by name`() {
        val rules = File("../library/consumer-rules.pro").readLines().filterNot { it.startsWith("#") }
        val all = rules.joinToString("\n")
        for (rule in listOf("-keep class com.sun.jna.* {", "-keep class * extends com.sun.jna.* {", "RuntimeVisibleAnnotations")) {
            assertContains(all, rule)
        }
        // The classes whose native methods JNA binds are generated, and lie in the package that the rule names.
        assertEquals("dev.golive", BroadcastHandle::class.java.packageName)
        assertContains(all, "includedescriptorclasses class dev.golive.** {\n    native <methods>;")
    }

    private fun xml(path: String): Element =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File(path)).documentElement

    private fun Element.children(): List<Element> =
        (0 until childNodes.length).map { childNodes.item(it) }.filterIsInstance<Element>()

    private fun Element.single(name: String): Element {
        val found = getElementsByTagName(name)
        assertEquals(1, found.length, "one <$name>")
        return found.item(0) as Element
    }

    private fun Element.name(): String = getAttribute("android:name")
}
