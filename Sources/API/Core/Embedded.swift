/// The protobuf number of a field of an embedded message, as `Field`s carry it.
///
/// Go embeds some structs (the sources of a volume, the handlers of a probe): their fields stand in the outer object in JSON, but in a
/// message of their own in protobuf. The upper bits hold the number of that message, the lower 16 the number within it.
package func embedded(_ message: Int, _ number: Int) -> Int { message << 16 | number }
