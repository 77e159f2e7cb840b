// For the tests of apps, on a JVM: with the library for this machine on `jna.library.path`.
plugins {
    alias(libs.plugins.kotlin.jvm)
    `java-library`
    `maven-publish`
}

kotlin { jvmToolchain(17) }

dependencies {
    api(project(":core"))
    api(libs.coroutines.test)
    testImplementation(libs.kotlin.test)
    testImplementation(libs.junit)
    testRuntimeOnly(libs.junit.launcher)
}

tasks.test {
    useJUnitPlatform()
    systemProperty("jna.library.path", rootDir.resolve("../target/debug").path)
}

publishing {
    publications.register<MavenPublication>("release") {
        artifactId = "golive-testing"
        from(components["java"])
    }
}
