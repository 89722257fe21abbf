package import Machinery

/// How one version of a custom resource becomes another.
package struct CustomResourceConversion: Schema {
    package static let definition = Definition(
        CustomResourceConversion(), CustomResourceDefinition.typeName("CustomResourceConversion"),
        "How one version of a custom resource becomes another.")

    package let strategy = Field<String>(
        "strategy", 1, "None changes the apiVersion and nothing else; Webhook asks a server of the user's.", .always)
    package let webhook = Field<WebhookConversion?>("webhook", 2, "The server to ask; for Webhook only.")
}

/// The server that converts custom resources.
package struct WebhookConversion: Schema {
    package static let definition = Definition(
        WebhookConversion(), CustomResourceDefinition.typeName("WebhookConversion"), "The server that converts custom resources.")

    package let clientConfig = Field<ConversionClientConfig?>("clientConfig", 2, "How to reach it.")
    package let conversionReviewVersions = Field<[String]>(
        "conversionReviewVersions", 3, "Versions of ConversionReview that it understands, the best first.", .always, .atomic)
}

/// How to reach the server that converts custom resources.
package struct ConversionClientConfig: Schema {
    package static let definition = Definition(
        ConversionClientConfig(), CustomResourceDefinition.typeName("WebhookClientConfig"),
        "How to reach the server that converts custom resources.")

    package let service = Field<ConversionServiceReference?>("service", 1, "Service that it runs behind. Give this or url.")
    package let caBundle = Field<Base64>(
        "caBundle", 2, "PEM of the authorities that may have signed its certificate; those of the system if absent.")
    package let url = Field<String?>("url", 3, "Where it answers: https://host[:port]/path. Give this or service.")
}

/// The Service that a conversion server runs behind.
package struct ConversionServiceReference: Schema {
    package static let definition = Definition(
        ConversionServiceReference(), CustomResourceDefinition.typeName("ServiceReference"),
        "The Service that a conversion server runs behind.")

    package let namespace = Field<String>("namespace", 1, "Namespace of the Service.", .always)
    package let name = Field<String>("name", 2, "Name of the Service.", .always)
    package let path = Field<String?>("path", 3, "Path that requests go to; / if absent.")
    package let port = Field<Int32?>("port", 4, "Port of the Service; 443 if absent.", default: 443)
}
