//! The POM that the AAR is published with, from the versions in `android/pom.xml`.

use crate::failure::{Context, Failure};
use crate::workspace;

/// What `android/pom.xml` says.
#[derive(Debug)]
pub(super) struct Pom {
    text: String,
}

impl Pom {
    pub(super) fn of_the_repository() -> Result<Self, Failure> {
        let path = workspace::root().join("android/pom.xml");
        Ok(Self { text: std::fs::read_to_string(path).context("cannot read android/pom.xml")? })
    }

    /// The project's own version.
    pub(super) fn version(&self) -> Result<&str, Failure> {
        self.value("version")
    }

    /// What stands in the first element of this name.
    pub(super) fn value(&self, name: &str) -> Result<&str, Failure> {
        let begun = self.text.split_once(&format!("<{name}>")).map(|(_, rest)| rest);
        let ended = begun.and_then(|rest| rest.split_once(&format!("</{name}>")));
        ended
            .map(|(value, _)| value)
            .ok_or_else(|| Failure::failed(format!("android/pom.xml has no <{name}>")))
    }

    /// What is published beside the AAR. JNA comes as an AAR, too: its JAR brings no library for
    /// Android, and both together bring every class twice.
    pub(super) fn published(&self) -> Result<String, Failure> {
        let dependencies = [
            ("org.jetbrains.kotlin", "kotlin-stdlib", "kotlin.version", "jar"),
            ("org.jetbrains.kotlinx", "kotlinx-coroutines-core", "coroutines.version", "jar"),
            ("net.java.dev.jna", "jna", "jna.version", "aar"),
        ];
        let mut text = String::from(HEAD);
        text.push_str(&format!("  <version>{}</version>\n", self.version()?));
        text.push_str("  <packaging>aar</packaging>\n");
        text.push_str(ABOUT);
        text.push_str("  <dependencies>\n");
        for (group, name, version, kind) in dependencies {
            let version = self.value(version)?;
            text.push_str(&format!(
                "    <dependency>\n      <groupId>{group}</groupId>\n      \
                 <artifactId>{name}</artifactId>\n      <version>{version}</version>\n      \
                 <type>{kind}</type>\n      <scope>compile</scope>\n    </dependency>\n"
            ));
        }
        text.push_str("  </dependencies>\n</project>\n");
        Ok(text)
    }
}

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0"
         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.golive</groupId>
  <artifactId>golive-android</artifactId>
"#;

const ABOUT: &str = "  <name>Golive for Android</name>
  <description>Live broadcasts that survive a phone's network and its interruptions</description>
  <licenses>
    <license>
      <name>MIT OR Apache-2.0</name>
    </license>
  </licenses>
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::android::abi::MINIMUM_SDK;

    #[test]
    fn on_android_jna_comes_as_an_aar_in_the_version_that_is_tested() {
        let pom = Pom::of_the_repository().unwrap();
        let published = pom.published().unwrap();
        let (_, jna) = published.split_once("<artifactId>jna</artifactId>").unwrap();
        let version = format!("<version>{}</version>", pom.value("jna.version").unwrap());
        assert!(jna.trim_start().starts_with(&version), "{published}");
        assert!(jna.contains("<type>aar</type>"), "{published}");
    }

    #[test]
    fn the_version_is_the_workspaces_and_the_oldest_system_the_linkers() {
        let pom = Pom::of_the_repository().unwrap();
        assert_eq!(pom.version().unwrap(), env!("CARGO_PKG_VERSION"));
        assert_eq!(pom.value("android.minimum.sdk").unwrap(), MINIMUM_SDK.to_string());
        assert!(pom.value("no.such.element").is_err());
    }
}
