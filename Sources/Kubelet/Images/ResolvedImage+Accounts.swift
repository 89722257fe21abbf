import Images

extension ResolvedImage {
    /// Users and groups as the container's files name them.
    func accounts() throws(ConfigError) -> Accounts {
        guard !layers.isEmpty else { return Accounts(passwd: Files.read("/etc/passwd"), group: Files.read("/etc/group")) }
        do throws(ImageError) {
            let view = try LayerView(layers)
            return Accounts(passwd: view.read("/etc/passwd"), group: view.read("/etc/group"))
        } catch {
            throw ConfigError("cannot read the accounts of the image: \(error)")
        }
    }
}
