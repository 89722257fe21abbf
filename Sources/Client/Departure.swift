/// Lets a write set off for the disk when those are ready that it shall go with: what sets off together costs one trip.
///
/// Only where client and server share a process.
package typealias Departure = @Sendable (_ depart: @escaping @Sendable () -> Void) -> Void
