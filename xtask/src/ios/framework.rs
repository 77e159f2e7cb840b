//! An XCFramework: a folder with a library for each platform, the headers beside it, and a list of
//! what is where. `xcodebuild -create-xcframework` makes nothing else of a static library, so it is
//! written here, and tested where there is no Xcode.

use std::path::{Path, PathBuf};

use super::universal::{self, Processor};
use crate::failure::{Context, Failure};
use crate::workspace;

/// What the library is called in it.
pub(super) const LIBRARY: &str = "libgolive_ffi.a";
/// The C module that the generated Swift imports.
pub(super) const MODULE: &str = "golive_ffiFFI";

/// A platform that apps are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Platform {
    Phone,
    Simulator,
    Mac,
}

impl Platform {
    fn system(self) -> &'static str {
        match self {
            Self::Phone | Self::Simulator => "ios",
            Self::Mac => "macos",
        }
    }

    fn variant(self) -> Option<&'static str> {
        (self == Self::Simulator).then_some("simulator")
    }
}

/// The libraries for one platform, one for each processor.
pub(super) struct Slice {
    pub(super) platform: Platform,
    pub(super) libraries: Vec<(Processor, Vec<u8>)>,
}

impl Slice {
    /// As Xcode calls its folder, such as `ios-arm64_x86_64-simulator`.
    pub(super) fn identifier(&self) -> String {
        let processors: Vec<_> = self.libraries.iter().map(|(it, _)| it.name()).collect();
        let mut name = format!("{}-{}", self.platform.system(), processors.join("_"));
        if let Some(variant) = self.platform.variant() {
            name.push('-');
            name.push_str(variant);
        }
        name
    }
}

/// Writes the XCFramework into `folder`, which is replaced; `bindings` holds the header and module
/// map that were generated.
pub(super) fn write(folder: &Path, slices: &[Slice], bindings: &Path) -> Result<(), Failure> {
    // What was written by half must not look whole.
    let half = folder.with_extension("partial");
    workspace::clear(&half)?;
    for slice in slices {
        let place = half.join(slice.identifier());
        // In a folder of its own: Xcode puts the headers of all of an app's frameworks into one, and
        // two files called `module.modulemap` would be in each other's way.
        let headers = place.join("Headers").join(MODULE);
        let doing = format!("cannot write {}", place.display());
        std::fs::create_dir_all(&headers).context(&doing)?;
        std::fs::write(place.join(LIBRARY), universal::join(&slice.libraries)?).context(&doing)?;
        for (from, to) in header_files() {
            let from = bindings.join(from);
            let doing = format!("cannot copy {}", from.display());
            std::fs::copy(from, headers.join(to)).context(doing)?;
        }
    }
    std::fs::write(half.join("Info.plist"), list(slices)).context("cannot write Info.plist")?;
    workspace::clear(folder)?;
    std::fs::rename(&half, folder).context(format_args!("cannot write {}", folder.display()))
}

/// What bindgen wrote, and what clang looks for.
fn header_files() -> [(PathBuf, String); 2] {
    let header = format!("{MODULE}.h");
    let map = format!("{MODULE}.modulemap");
    [(header.clone().into(), header), (map.into(), "module.modulemap".into())]
}

/// The list of what is where, as a property list.
fn list(slices: &[Slice]) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\t<key>AvailableLibraries</key>\n\t<array>\n",
    );
    for slice in slices {
        text.push_str("\t\t<dict>\n");
        let identifier = slice.identifier();
        let mut value = |key: &str, value: &str| {
            text.push_str(&format!("\t\t\t<key>{key}</key>\n\t\t\t<string>{value}</string>\n"));
        };
        value("HeadersPath", "Headers");
        value("LibraryIdentifier", &identifier);
        value("LibraryPath", LIBRARY);
        value("SupportedPlatform", slice.platform.system());
        if let Some(variant) = slice.platform.variant() {
            value("SupportedPlatformVariant", variant);
        }
        text.push_str("\t\t\t<key>SupportedArchitectures</key>\n\t\t\t<array>\n");
        for (processor, _) in &slice.libraries {
            text.push_str(&format!("\t\t\t\t<string>{}</string>\n", processor.name()));
        }
        text.push_str("\t\t\t</array>\n\t\t</dict>\n");
    }
    text.push_str(
        "\t</array>\n\t<key>CFBundlePackageType</key>\n\t<string>XFWK</string>\n\
         \t<key>XCFrameworkFormatVersion</key>\n\t<string>1.0</string>\n</dict>\n</plist>\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices() -> Vec<Slice> {
        let library = |processor: Processor| (processor, processor.name().as_bytes().to_vec());
        vec![
            Slice { platform: Platform::Phone, libraries: vec![library(Processor::Arm64)] },
            Slice {
                platform: Platform::Simulator,
                libraries: vec![library(Processor::Arm64), library(Processor::X86_64)],
            },
        ]
    }

    #[test]
    fn every_library_lies_where_the_list_says_with_its_headers() {
        let place = std::env::temp_dir().join(format!("golive-framework-{}", std::process::id()));
        let (bindings, folder) = (place.join("bindings"), place.join("Golive.xcframework"));
        std::fs::create_dir_all(&bindings).unwrap();
        std::fs::write(bindings.join("golive_ffiFFI.h"), "int golive(void);\n").unwrap();
        let map = "module golive_ffiFFI { header \"golive_ffiFFI.h\" }\n";
        std::fs::write(bindings.join("golive_ffiFFI.modulemap"), map).unwrap();
        std::fs::create_dir_all(folder.join("ios-armv7")).unwrap();

        write(&folder, &slices(), &bindings).unwrap();
        let list = std::fs::read_to_string(folder.join("Info.plist")).unwrap();
        for identifier in ["ios-arm64", "ios-arm64_x86_64-simulator"] {
            assert!(list.contains(&format!("<string>{identifier}</string>")), "{list}");
            let headers = folder.join(identifier).join("Headers/golive_ffiFFI");
            assert!(headers.join("golive_ffiFFI.h").is_file());
            assert_eq!(std::fs::read_to_string(headers.join("module.modulemap")).unwrap(), map);
        }
        assert_eq!(std::fs::read(folder.join("ios-arm64").join(LIBRARY)).unwrap(), b"arm64");
        assert!(!folder.join("ios-armv7").exists(), "what was there before is gone");
        std::fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn the_list_names_platform_processors_and_the_simulator() {
        let list = list(&slices());
        assert_eq!(list.matches("<key>LibraryPath</key>").count(), 2);
        assert_eq!(list.matches("<string>simulator</string>").count(), 1);
        assert_eq!(list.matches("<string>arm64</string>").count(), 2);
        assert_eq!(list.matches("<string>x86_64</string>").count(), 1);
        assert_eq!(list.matches("<dict>").count(), list.matches("</dict>").count());
        assert!(list.contains("<string>XFWK</string>"));
    }
}
