package import Machinery

/// A pod to make copies of.
package struct PodTemplate: Kind {
    package static let definition = Definition(PodTemplate(), "core.v1.PodTemplate", "A pod to make copies of.")
    package static let names = KindNames(
        "PodTemplate", group: "", plural: "podtemplates", tracksGeneration: true, returnsDeleted: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let template = Field<PodTemplateSpec>("template", 2, "The pod.")

    package static let columns: [Column<PodTemplate>] = [
        .name,
        Column("Containers", .string, "Names of the containers.") { object, _ in Cells.containerNames(object.template) },
        Column("Images", .string, "Images that the containers run.") { object, _ in Cells.containerImages(object.template) },
        Column("Pod Labels", .string, "Labels of the pods.") { object, _ in Cells.labels(object.template.metadata.labels) },
    ]

    package static func warnings(_ object: View<PodTemplate>, from old: View<PodTemplate>?) -> [String] {
        PodTemplateSpec.warnings(object.template, Path("template"), of: object.metadata, from: nil, namesPods: false)
    }
}
