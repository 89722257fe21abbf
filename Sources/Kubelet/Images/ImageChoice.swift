import API
import Images
import Machinery

/// Where a container's files and program come from. Pure.
///
/// In this order: an image of the store; a program that the catalogue has for the image; the container's own command on the node's file
/// system; the registry. What is on this machine is not asked for elsewhere, but for a pulled image whose policy says so.
enum ImageChoice: Equatable {
    /// Of the store.
    case stored
    /// A program of the node's, by the catalogue.
    case program(path: String)
    /// The container's own command, on the node's file system.
    case ownCommand
    case pull
    /// `ErrImageNeverPull`
    case neverPull
    /// The catalogue knows the image, and the node lacks its program.
    case missingProgram

    /// What is known of an image on this machine.
    struct Facts {
        /// How the store's copy came; nil when it has none.
        var stored: StoredImage.Origin?
        /// Whether the catalogue has an entry, and the program's path where the node has it.
        var isInCatalogue = false
        var program: String?
        var hasOwnCommand = false
        /// The image's name has a registry of this machine: then it means what that registry has.
        var isOnLoopback = false
        var policy = "IfNotPresent"
    }

    init(_ facts: Facts) {
        if let origin = facts.stored, facts.policy != "Always" || origin == .loaded {
            self = .stored
        } else if facts.stored == nil, let program = facts.program {
            self = .program(path: program)
        } else if facts.stored == nil, facts.hasOwnCommand, !facts.isOnLoopback {
            self = .ownCommand
        } else if facts.policy == "Never" {
            self = .neverPull
        } else if facts.stored == nil, facts.isInCatalogue {
            self = .missingProgram
        } else {
            self = .pull
        }
    }
}
