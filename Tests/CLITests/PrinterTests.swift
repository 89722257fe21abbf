import Machinery
import Testing

@testable import CLI

@Suite struct PrinterTests {
    @Test func `columns line up over neighbouring lines only`() {
        var writer = TabWriter(minimumWidth: 0, padding: 2)
        for line in ["Name:\tweb", "Containers:", "  a:", "    Image:\tx", "    Port:\t80/TCP", "Events:\t<none>"] {
            writer.line(line.split(separator: "\t").map(String.init))
        }
        #expect(writer.rendered() == "Name:  web\nContainers:\n  a:\n    Image:  x\n    Port:   80/TCP\nEvents:     <none>\n")
    }

    private func table(_ rows: [[JSON]]) -> JSON {
        [
            "kind": "Table",
            "columnDefinitions": [
                ["name": "Name", "type": "string", "format": "name", "priority": 0], ["name": "Ready", "type": "string", "priority": 0],
                ["name": "IP", "type": "string", "priority": 1],
            ],
            "rows": .array(
                rows.map { cells in
                    ["cells": .array(cells), "object": ["metadata": ["namespace": "shop", "labels": ["app": "web", "tier": "x"]]]]
                }),
        ]
    }

    @Test func `a table shows columns of priority zero, three spaces apart`() {
        var printer = TablePrinter(TablePrinter.Options())
        #expect(
            printer.shown(table([["web-1", "1/1", "10.0.0.1"], ["b", "0/1", "10.0.0.2"]])) == "NAME    READY\nweb-1   1/1\nb       0/1\n")
    }

    @Test func `wide, namespaces, kinds and labels add columns`() {
        var options = TablePrinter.Options()
        options.isWide = true
        options.showsNamespace = true
        options.showsLabels = true
        options.labelColumns = ["app", "example.com/none"]
        options.kindPrefix = "pod"
        var printer = TablePrinter(options)
        #expect(
            printer.shown(table([["web-1", "1/1", "10.0.0.1"]]))
                == "NAMESPACE   NAME        READY   IP         APP   NONE   LABELS\n"
                + "shop        pod/web-1   1/1     10.0.0.1   web          app=web,tier=x\n")
    }

    @Test func `rows of a watch line up with those before`() {
        var printer = TablePrinter(TablePrinter.Options())
        _ = printer.shown(table([["a-long-name-of-a-pod", "1/1", ""]]))
        var later: JSON = table([["b", "0/1", ""]])
        later["columnDefinitions"] = nil
        #expect(printer.shown(later) == "b                      0/1\n")
    }

    @Test func `a cell ends at its first line break`() {
        var options = TablePrinter.Options()
        options.noHeaders = true
        var printer = TablePrinter(options)
        #expect(printer.shown(table([["a\nb", .int(3), .null]])) == "a...   3\n")
    }

    @Test func `widths are those of characters, and what means something to a terminal is shown`() {
        var printer = TablePrinter(TablePrinter.Options())
        let text: String = printer.shown(table([["größe", "1/1", ""], ["a\u{1B}[31m", "0/1", ""], ["", .int(12), ""]]))
        #expect(text == "NAME      READY\ngröße     1/1\na^[[31m   0/1\n          12\n")
    }

    @Test func `rows of deleted objects are marked at their end`() {
        var options = TablePrinter.Options()
        options.marksDeletions = true
        var printer = TablePrinter(options)
        let text: [UInt8] = printer.text(table([["a", "1/1", ""], ["b", "0/1", ""]]), event: "DELETED")
        #expect(String(decoding: text, as: UTF8.self) == "NAME   READY\na      1/1   (deleted)\nb      0/1   (deleted)\n")
    }

    @Test func `custom columns show none for what is missing`() throws {
        let columns = try CustomColumns("NAME:.metadata.name,PORTS:.spec.ports[*],X:.x", noHeaders: false)
        let text: String = try columns.text([["metadata": ["name": "web"], "spec": ["ports": [80, 443]]]])
        #expect(text == "NAME   PORTS    X\nweb    80,443   <none>\n")
    }

    @Test(arguments: [
        ("web-10", "web-2", true), ("web-2", "web-10", false), ("a", "b", true), ("a", "a1", true), ("100m", "1", true),
        ("2Gi", "1Gi", false),
    ])
    func `sorting compares texts by their bytes and knows quantities`(_ one: String, _ other: String, _ isLess: Bool) {
        #expect(SortBy.isLess(.string(one), .string(other)) == isLess)
    }

    @Test(arguments: [
        ("creationTimestamp", "Creation Timestamp"), ("uid", "UID"), ("apiVersion", "API Version"), ("a.b/c", "a.b/c"), ("podIP", "Pod IP"),
    ])
    func `fields become labels`(_ field: String, _ label: String) {
        #expect(GenericDescription.label(of: field) == label)
    }
}

extension TablePrinter {
    fileprivate mutating func shown(_ table: JSON) -> String { String(decoding: text(table), as: UTF8.self) }
}
