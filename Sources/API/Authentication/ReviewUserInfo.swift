package import Machinery

/// Somebody as authentication sees him: the form of reviews.
package struct ReviewUserInfo: Schema {
    package static let definition = Definition(
        ReviewUserInfo(), "authentication.v1.UserInfo", "Somebody as authentication sees him.")

    package let username = Field<String>("username", 1, "Name, unique among those who are active.")
    package let uid = Field<String>("uid", 2, "Tells apart people who had the same name at different times.")
    package let groups = Field<[String]>("groups", 3, "Groups that he is in.", .atomic)
    package let extra = Field<[String: [String]]>("extra", 4, "What else the authenticator knows.")
}
