// On a JVM: tests, and programs for desktops. Android apps take :library, which compiles these sources itself,
// as its JNA is another artifact.
plugins {
    alias(libs.plugins.kotlin.jvm)
    `java-library`
    `maven-publish`
}

kotlin {
    jvmToolchain(17)
    // What `cargo xtask bindings kotlin` writes.
    sourceSets["main"].kotlin.srcDir("../../target/bindings/kotlin")
}

dependencies {
    api(libs.coroutines.core)
    implementation(libs.jna)
    testImplementation(libs.kotlin.test)
    testImplementation(libs.junit)
    testRuntimeOnly(libs.junit.launcher)
}

tasks.test {
    useJUnitPlatform { excludeTags("bench") }
    systemProperty("jna.library.path", rootDir.resolve("../target/debug").path)
}

publishing {
    publications.register<MavenPublication>("release") {
        artifactId = "golive-core"
        from(components["java"])
    }
}
