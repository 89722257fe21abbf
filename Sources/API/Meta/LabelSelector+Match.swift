package import Machinery

extension View<LabelSelector> {
    /// The selector in the form that is quick to ask again and again. One that validation refuses selects nothing.
    package var match: LabelMatch { (try? LabelMatch(labelSelector: json)) ?? .nothing }

    /// True when an object with these labels is selected. An empty selector selects everything.
    package func matches(_ labels: [String: String]) -> Bool { match.matches(labels) }

    /// The selector as a query says it: `app=web,tier in (a,b),!canary`. Empty for an empty selector.
    package var text: String { match.description }
}
