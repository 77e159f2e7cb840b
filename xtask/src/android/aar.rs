//! An AAR: what is in it, how it is packed, and that it holds what it should and nothing else.
//!
//! The JDK's `jar` writes the archives: an AAR is a ZIP archive with names that are agreed on.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::abi::Abi;
use super::pom::Pom;
use crate::failure::{Context, Failure};
use crate::{process, workspace};

pub(super) struct Aar {
    /// The folder with Maven's folders of each module.
    pub(super) classes: PathBuf,
    /// The folder with the generated half of the Kotlin layer, which is shown with the sources.
    pub(super) generated: PathBuf,
    /// Where it is packed to.
    pub(super) place: PathBuf,
    pub(super) pom: Pom,
}

/// Maven's modules whose classes an app gets. The core's own JAR would bring JNA for desktops.
pub(super) const MODULES: [&str; 2] = ["golive-core", "golive-android"];

/// Sources that are shown beside them.
const SOURCES: [&str; 2] = ["android/core/src/main/kotlin", "android/library/src/main/kotlin"];

/// Classes without which nothing works: of each half that is written, and of the generated one.
const CLASSES: [&str; 4] = [
    "dev/golive/Broadcast.class",
    "dev/golive/BroadcastHandle.class",
    "dev/golive/android/LiveService.class",
    "dev/golive/phone/NetworkPlan.class",
];

impl Aar {
    /// Packs it with these libraries, and looks at it; answers where it lies.
    pub(super) fn pack(&self, libraries: &[(&Abi, PathBuf)]) -> Result<PathBuf, Failure> {
        workspace::clear(&self.place)?;
        let content = self.place.join("content");
        create(&content)?;
        let mut classes = jar(&content.join("classes.jar"));
        for module in MODULES {
            let folder = self.classes.join(module).join("classes");
            if !folder.is_dir() {
                let message = format!("{} is missing: Maven compiles it", folder.display());
                return Err(Failure::failed(message));
            }
            classes.arg("-C").arg(folder).arg(".");
        }
        process::run(&mut classes)?;
        write(&content.join("AndroidManifest.xml"), &self.manifest()?)?;
        // There are no resources.
        write(&content.join("R.txt"), "")?;
        write(&content.join("proguard.txt"), &read("android/library/consumer-rules.pro")?)?;
        for (abi, library) in libraries {
            let folder = content.join("jni").join(abi.name);
            create(&folder)?;
            let doing = format!("cannot copy {}", library.display());
            std::fs::copy(library, folder.join(LIBRARY)).context(doing)?;
        }
        let name = format!("golive-android-{}", self.pom.version()?);
        let aar = self.place.join(format!("{name}.aar"));
        process::run(jar(&aar).arg("-C").arg(&content).arg("."))?;
        self.verify(&aar, libraries)?;
        self.pack_sources(&self.place.join(format!("{name}-sources.jar")))?;
        write(&self.place.join(format!("{name}.pom")), &self.pom.published()?)?;
        Ok(aar)
    }

    fn pack_sources(&self, file: &Path) -> Result<(), Failure> {
        let mut sources = jar(file);
        for folder in SOURCES {
            sources.arg("-C").arg(workspace::root().join(folder)).arg(".");
        }
        process::run(sources.arg("-C").arg(&self.generated).arg("."))
    }

    /// The library's manifest, with what Gradle would add to it.
    fn manifest(&self) -> Result<String, Failure> {
        let source = read("android/library/src/main/AndroidManifest.xml")?;
        with_package(&source, self.pom.value("android.minimum.sdk")?).ok_or_else(|| {
            Failure::failed("the library's AndroidManifest.xml has no <manifest ...>")
        })
    }

    /// It holds what an app needs, and nothing besides.
    fn verify(&self, aar: &Path, libraries: &[(&Abi, PathBuf)]) -> Result<(), Failure> {
        let mut expected = vec!["AndroidManifest.xml", "R.txt", "classes.jar", "proguard.txt"];
        let libraries: Vec<_> =
            libraries.iter().map(|(abi, _)| format!("jni/{}/{LIBRARY}", abi.name)).collect();
        expected.extend(libraries.iter().map(String::as_str));
        difference(&expected, &listed(aar)?)?;
        let classes = listed(&self.place.join("content/classes.jar"))?;
        let missing = CLASSES.iter().find(|class| !classes.iter().any(|it| it == **class));
        if let Some(class) = missing {
            return Err(Failure::failed(format!("the AAR lacks {class}")));
        }
        if let Some(foreign) = classes.iter().find(|class| !is_ours(class)) {
            return Err(Failure::failed(format!("the AAR holds {foreign}, which is not Golive's")));
        }
        Ok(())
    }
}

const LIBRARY: &str = "libgolive_ffi.so";

/// Classes of ours, and what Kotlin notes of each module.
fn is_ours(path: &str) -> bool {
    let is_class = path.starts_with("dev/golive/") && path.ends_with(".class");
    is_class || path.starts_with("META-INF/") && path.ends_with(".kotlin_module")
}

/// Names what is missing or too much.
fn difference(expected: &[&str], found: &[String]) -> Result<(), Failure> {
    if let Some(file) = expected.iter().find(|file| !found.iter().any(|it| it == **file)) {
        return Err(Failure::failed(format!("the AAR lacks {file}")));
    }
    match found.iter().find(|file| !expected.contains(&file.as_str())) {
        Some(file) => Err(Failure::failed(format!("the AAR holds {file}, which nobody meant"))),
        None => Ok(()),
    }
}

/// The manifest with the package's name, by which an app's build tells libraries apart, and the oldest
/// system that it runs on.
fn with_package(manifest: &str, minimum_sdk: &str) -> Option<String> {
    let begin = manifest.find("<manifest ")?;
    let end = begin + manifest.get(begin..)?.find('>')?;
    let (head, tail) = (manifest.get(..end)?, manifest.get(end + 1..)?);
    let uses = format!("    <uses-sdk android:minSdkVersion=\"{minimum_sdk}\" />");
    Some(format!("{head}\n    package=\"dev.golive.android\">\n\n{uses}\n{tail}"))
}

/// The JDK's program, about to write an archive without a manifest of its own.
fn jar(file: &Path) -> Command {
    let mut jar = Command::new("jar");
    jar.arg("--create").arg("--no-manifest").arg("--file").arg(file);
    jar
}

/// The files in an archive, without its folders.
fn listed(archive: &Path) -> Result<Vec<String>, Failure> {
    let listed = process::output(Command::new("jar").arg("--list").arg("--file").arg(archive))?;
    Ok(listed.lines().filter(|path| !path.ends_with('/')).map(str::to_owned).collect())
}

fn read(path: &str) -> Result<String, Failure> {
    std::fs::read_to_string(workspace::root().join(path)).context(format!("cannot read {path}"))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).context(format!("cannot write {}", path.display()))
}

fn create(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).context(format!("cannot make {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_names_its_package_and_keeps_what_it_says() {
        let source = read("android/library/src/main/AndroidManifest.xml").unwrap();
        let manifest = with_package(&source, "29").unwrap();
        let (head, body) =
            manifest.split_once('>').and_then(|(_, rest)| rest.split_once('>')).unwrap();
        assert!(head.is_empty() || !head.contains("<application"), "{manifest}");
        assert!(manifest.contains("package=\"dev.golive.android\">"), "{manifest}");
        assert!(manifest.contains("android:minSdkVersion=\"29\""), "{manifest}");
        assert!(body.contains("dev.golive.android.LiveService"), "{manifest}");
        assert_eq!(manifest.matches("<manifest").count(), 1);
        assert_eq!(with_package("<application/>", "29"), None);
    }

    #[test]
    fn what_is_missing_and_what_nobody_meant_are_named() {
        let found = ["classes.jar", "local.properties"].map(str::to_owned);
        let lacks = difference(&["R.txt", "classes.jar"], &found).unwrap_err();
        assert!(lacks.to_string().contains("lacks R.txt"), "{lacks}");
        let holds = difference(&["classes.jar"], &found).unwrap_err();
        assert!(holds.to_string().contains("holds local.properties"), "{holds}");
        assert!(difference(&["classes.jar"], &found[..1]).is_ok());
    }

    /// What Maven would have compiled, in a folder that is gone afterwards.
    fn in_scratch(name: &str, test: impl FnOnce(&Path)) {
        if process::find("jar").is_none() {
            println!("skipped: there is no JDK here, whose `jar` packs");
            return;
        }
        let scratch = std::env::temp_dir().join(format!("golive-{name}-{}", std::process::id()));
        for class in CLASSES {
            let module = if class.contains("android") { MODULES[1] } else { MODULES[0] };
            let file = scratch.join(module).join("classes").join(class);
            create(file.parent().unwrap()).unwrap();
            write(&file, "").unwrap();
        }
        create(&scratch.join("generated")).unwrap();
        write(&scratch.join("generated/golive_ffi.kt"), "").unwrap();
        test(&scratch);
        std::fs::remove_dir_all(&scratch).unwrap();
    }

    fn aar(scratch: &Path) -> Aar {
        let pom = Pom::of_the_repository().unwrap();
        Aar {
            classes: scratch.into(),
            generated: scratch.join("generated"),
            place: scratch.join("aar"),
            pom,
        }
    }

    #[test]
    fn an_app_finds_classes_rules_and_the_library_of_its_processor() {
        in_scratch("aar", |scratch| {
            let library = scratch.join("built.so");
            write(&library, "the library").unwrap();
            let packed = aar(scratch).pack(&[(&crate::android::ABIS[0], library)]).unwrap();
            let mut files = listed(&packed).unwrap();
            files.sort();
            let jni = format!("jni/arm64-v8a/{LIBRARY}");
            let expected = ["AndroidManifest.xml", "R.txt", "classes.jar", &jni, "proguard.txt"];
            assert_eq!(files, expected);
            let beside = packed.with_file_name(format!(
                "golive-android-{}-sources.jar",
                env!("CARGO_PKG_VERSION")
            ));
            let sources = listed(&beside).unwrap();
            for source in
                ["golive_ffi.kt", "dev/golive/Broadcast.kt", "dev/golive/android/LiveService.kt"]
            {
                assert!(sources.iter().any(|it| it == source), "{source} in {sources:?}");
            }
            assert!(packed.with_extension("pom").is_file());
        });
    }

    #[test]
    fn what_lies_among_the_classes_by_accident_is_not_packed_silently() {
        in_scratch("foreign", |scratch| {
            write(&scratch.join(MODULES[1]).join("classes/release.jks"), "").unwrap();
            let failure = aar(scratch).pack(&[]).unwrap_err();
            assert!(failure.to_string().contains("release.jks"), "{failure}");
        });
    }

    #[test]
    fn only_classes_of_golive_are_packed() {
        assert!(is_ours("dev/golive/android/LiveService.class"));
        assert!(is_ours("META-INF/golive-core.kotlin_module"));
        for foreign in ["com/sun/jna/Native.class", "dev/golive/signing.properties", "keys.jks"] {
            assert!(!is_ours(foreign), "{foreign}");
        }
    }
}
