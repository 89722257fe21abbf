/// Names under which a program of many names, such as busybox, fills the gaps of the node's PATH.
enum Applets {
    /// Where containers see them; last on their PATH.
    static let place = "/usr/lib/swkube/applets"

    /// Makes a folder of links to the program, if it is not there yet.
    static func make(_ program: String, in folder: String) throws(FileError) {
        guard Files.kind(folder) != .folder else { return }
        try Files.makeFolder(folder, mode: 0o755)
        for name in names { try Files.link(to: program, at: "\(folder)/\(name)") }
    }

    /// What Debian's smallest system lacks and manifests like to run. One that the program lacks says so itself.
    private static let names: [String] = [
        "arping", "ash", "awk", "bc", "bunzip2", "bzip2", "cal", "crond", "crontab", "cpio", "dc", "diff", "dnsdomainname", "dos2unix",
        "ed", "ether-wake", "fdflush", "find", "free", "ftpget", "ftpput", "fuser", "grep", "hexdump", "httpd", "hush", "ifconfig",
        "inotifyd", "ip", "ipcalc", "kill", "killall", "less", "logread", "lsof", "man", "microcom", "mkpasswd", "more", "nc", "netstat",
        "nmeter", "nslookup", "patch", "pgrep", "ping", "ping6", "pkill", "ps", "pscan", "pstree", "route", "sed", "sendmail", "seq",
        "start-stop-daemon", "strings", "sysctl", "tar", "telnet", "telnetd", "tftp", "time", "top", "traceroute", "ts", "udhcpc",
        "unix2dos", "unlzma", "unxz", "unzip", "uptime", "usleep", "uudecode", "uuencode", "vi", "watch", "wget", "which", "whois", "xargs",
        "xxd", "xz", "xzcat",
    ]
}
