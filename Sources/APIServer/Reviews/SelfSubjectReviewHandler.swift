import API
import Machinery

/// Answers who the asker is.
struct SelfSubjectReviewHandler: ReviewHandler {
    func answered(_ review: JSON, _ call: Call, _ server: APIServer) -> JSON {
        var answer: JSON = review
        answer[["metadata", "creationTimestamp"]] = call.now.json
        answer["status"] = ["userInfo": call.user.review.json]
        return answer
    }
}

extension UserInfo {
    /// The user in the form of reviews.
    var review: View<ReviewUserInfo> {
        View<ReviewUserInfo> {
            $0.username = name
            $0.uid = uid
            $0.groups = groups
            $0.extra = extra
        }
    }
}
