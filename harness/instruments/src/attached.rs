//! What is attached to this machine.

use std::fs;
use std::path::{Path, PathBuf};

use serialport::SerialPortType;

use crate::kind::Kind;

/// USB identifiers: Nordic's PPK2, and what ST's LPM01A shares with other devices of ST's.
const PPK2: (u16, u16) = (0x1915, 0xC00A);
const LPM01A: (u16, u16) = (0x0483, 0x5740);
/// The Joulescope that measures, by what its driver calls it; the JS110 is refused.
const JS220: (&str, (u16, u16)) = ("js220", (0x16D0, 0x10BA));
/// Where Linux tells of USB devices, and where it lets programs at them.
const USB: &str = "/sys/bus/usb/devices";
const USB_NODES: &str = "/dev/bus/usb";

/// An instrument that seems to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// What it is.
    pub kind: Kind,
    /// Its serial port.
    pub port: String,
    /// Its serial number, if it says.
    pub serial_number: Option<String>,
    /// Whether this user may use the port.
    pub permitted: bool,
}

/// The instruments that are attached, by what they say on USB; nothing is opened.
pub fn attached() -> Vec<Attached> {
    let ports = serialport::available_ports().unwrap_or_default();
    let instruments = ports.into_iter().filter_map(|port| {
        let SerialPortType::UsbPort(usb) = port.port_type else {
            return None;
        };
        let kind = kind(usb.vid, usb.pid)?;
        Some(Attached {
            kind,
            permitted: permitted(Path::new(&port.port_name)),
            port: port.port_name,
            serial_number: usb.serial_number,
        })
    });
    let mut found: Vec<_> = instruments.collect();
    found.extend(joulescopes(Path::new(USB), Path::new(USB_NODES)));
    // A kit has two ports, of which the first is the one for measuring.
    // Ports are counted: ttyACM9 comes before ttyACM10.
    let order = |it: &Attached| (it.serial_number.clone(), it.port.len(), it.port.clone());
    found.sort_by_key(order);
    found.dedup_by(|a, b| {
        a.kind == Kind::Ppk2 && a.serial_number.is_some() && a.serial_number == b.serial_number
    });
    found
}

fn kind(vid: u16, pid: u16) -> Option<Kind> {
    match (vid, pid) {
        PPK2 => Some(Kind::Ppk2),
        LPM01A => Some(Kind::Lpm01a),
        _ => None,
    }
}

/// The Joulescopes that Linux tells of, which have no serial port. Elsewhere there is no such folder.
fn joulescopes(devices: &Path, nodes: &Path) -> Vec<Attached> {
    let folders = fs::read_dir(devices).into_iter().flatten().flatten();
    let found = folders.filter_map(|folder| {
        let text = |name: &str| {
            let text = fs::read_to_string(folder.path().join(name)).ok()?;
            Some(text.trim().to_owned())
        };
        let id = |name: &str| u16::from_str_radix(&text(name)?, 16).ok();
        let ids = (id("idVendor")?, id("idProduct")?);
        let (model, known) = JS220;
        if ids != known {
            return None;
        }
        let number = |name: &str| text(name)?.parse::<u32>().ok();
        let node: Option<PathBuf> = number("busnum")
            .zip(number("devnum"))
            .map(|(bus, device)| nodes.join(format!("{bus:03}/{device:03}")));
        let serial_number = text("serial");
        Some(Attached {
            kind: Kind::Joulescope,
            port: format!("{model}/{}", serial_number.as_deref().unwrap_or_default()),
            serial_number,
            permitted: node.is_some_and(|node| permitted(&node)),
        })
    });
    found.collect()
}

#[cfg(unix)]
fn permitted(path: &Path) -> bool {
    rustix::fs::access(
        path,
        rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK,
    )
    .is_ok()
}

#[cfg(not(unix))]
fn permitted(_: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instruments_are_known_by_what_they_say_on_usb() {
        assert_eq!(kind(0x1915, 0xC00A), Some(Kind::Ppk2));
        assert_eq!(kind(0x0483, 0x5740), Some(Kind::Lpm01a));
        assert_eq!(kind(0x0483, 0x374B), None);
    }

    #[test]
    fn joulescopes_are_found_where_linux_tells_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let (devices, nodes) = (folder.path().join("devices"), folder.path().join("nodes"));
        fs::create_dir_all(nodes.join("001")).unwrap();
        fs::write(nodes.join("001/007"), "").unwrap();
        for (name, vendor, product, device) in [
            ("1-1", "16d0", "10ba", "7"),
            // A JS110.
            ("1-2", "16d0", "0e88", "8"),
            ("1-4", "16d0", "10ba", "8"),
            ("1-3", "0483", "374b", "9"),
        ] {
            let device_folder = devices.join(name);
            fs::create_dir_all(&device_folder).unwrap();
            for (file, text) in [
                ("idVendor", vendor),
                ("idProduct", product),
                ("busnum", "1"),
                ("devnum", device),
                ("serial", &format!("00112{device}")),
            ] {
                fs::write(device_folder.join(file), format!("{text}\n")).unwrap();
            }
        }
        let mut found = joulescopes(&devices, &nodes);
        found.sort_by_key(|it| it.port.clone());
        let told: Vec<_> = found.iter().map(|it| (&*it.port, it.permitted)).collect();
        assert_eq!(told, [("js220/001127", true), ("js220/001128", false)]);
        assert!(joulescopes(Path::new("/nowhere"), &nodes).is_empty());
    }
}
