import Store

/// A change in the store, beside the `Event` objects of the API: the only file that sees just one of the two names.
typealias StoreEvent = Event
