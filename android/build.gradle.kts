// Named here, so that every module takes the same: Android's plugin compiles Kotlin with the version it finds.
plugins {
    alias(libs.plugins.kotlin.jvm) apply false
    alias(libs.plugins.android.library) apply false
    alias(libs.plugins.android.application) apply false
}

subprojects {
    group = "dev.golive"
    version = rootProject.libs.versions.golive.get()
    // Beside what Maven and cargo build.
    layout.buildDirectory = rootDir.resolve("../target/gradle/$name")
}
