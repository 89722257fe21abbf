import API
import Machinery

/// Finds the converter that a definition asks for.
struct CustomResourceConverters: Sendable {
    let client: WebhookClient

    func converter(for definition: View<CustomResourceDefinition>) -> any CustomResourceConverter {
        guard let conversion = definition.spec.conversion, conversion.strategy == "Webhook" else { return RenamingConverter() }
        return WebhookConverter(client: client, configuration: conversion.webhook?.json ?? [:])
    }
}
