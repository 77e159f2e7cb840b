// What Android apps depend on: the core's sources, what calls Android, and the library for each processor as
// `cargo xtask android` leaves it.
plugins {
    alias(libs.plugins.android.library)
    `maven-publish`
}

android {
    namespace = "dev.golive.android"
    compileSdk = libs.versions.android.sdk.get().toInt()

    defaultConfig {
        minSdk = libs.versions.android.minimum.sdk.get().toInt()
        consumerProguardFiles("consumer-rules.pro")
    }

    sourceSets["main"].kotlin.directories += listOf("../core/src/main/kotlin", "../../target/bindings/kotlin")
    sourceSets["main"].jniLibs.directories += "../../target/android/aar/content/jni"

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    publishing {
        singleVariant("release") { withSourcesJar() }
    }
}

dependencies {
    api(libs.coroutines.core)
    // The JAR brings no library for Android, and both together bring every class twice.
    implementation(variantOf(libs.jna) { artifactType("aar") })
}

publishing {
    publications.register<MavenPublication>("release") {
        artifactId = "golive-android"
        afterEvaluate { from(components["release"]) }
    }
}
