import CSandbox

/// Removes a folder and everything below it: follows no link, enters no mount, and mends modes that stand in the way.
/// Blocks. A folder that is not there is a success; throws the first reason why something stayed.
package func removeFolder(_ path: String) throws(SandboxError) {
    let result: Int32 = swkube_remove_tree(path)
    if result != 0 { throw SandboxError.system(call: "remove", errno: result, path: path) }
}
