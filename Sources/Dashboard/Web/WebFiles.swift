/// The files of the page. They stand in `Page/` and are part of the executable.
enum WebFiles {
    /// nil when there is none at the path.
    static func file(_ path: String) -> (type: String, bytes: [UInt8])? {
        switch path {
        case "/": ("text/html; charset=utf-8", PackageResources.index_html)
        case "/style.css": ("text/css; charset=utf-8", PackageResources.style_css)
        case "/icon.svg": ("image/svg+xml", PackageResources.icon_svg)
        case "/login.js": script(PackageResources.login_js)
        case "/main.js": script(PackageResources.main_js)
        case "/api.js": script(PackageResources.api_js)
        case "/dom.js": script(PackageResources.dom_js)
        case "/list.js": script(PackageResources.list_js)
        case "/detail.js": script(PackageResources.detail_js)
        case "/overview.js": script(PackageResources.overview_js)
        case "/topology.js": script(PackageResources.topology_js)
        case "/metrics.js": script(PackageResources.metrics_js)
        case "/logs.js": script(PackageResources.logs_js)
        default: nil
        }
    }

    private static func script(_ bytes: [UInt8]) -> (type: String, bytes: [UInt8]) { ("text/javascript; charset=utf-8", bytes) }
}
