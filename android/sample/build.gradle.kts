// The app. Its tests run on this machine's JVM, with the library built for that.
plugins {
    alias(libs.plugins.android.application)
}

android {
    namespace = "dev.golive.sample"
    compileSdk = libs.versions.android.sdk.get().toInt()

    defaultConfig {
        applicationId = "dev.golive.sample"
        minSdk = libs.versions.android.minimum.sdk.get().toInt()
        targetSdk = libs.versions.android.sdk.get().toInt()
        versionCode = 1
        versionName = libs.versions.golive.get()
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

android.testOptions.unitTests.all {
    it.useJUnitPlatform()
    it.systemProperty("jna.library.path", rootDir.resolve("../target/debug").path)
}

dependencies {
    implementation(project(":library"))
    testImplementation(project(":testing"))
    testImplementation(libs.kotlin.test)
    testImplementation(libs.junit)
    testRuntimeOnly(libs.junit.launcher)
}
