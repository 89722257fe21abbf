import API
import Machinery

/// The catalogue that every cluster begins with: programs of Debian's that do what the images of these names do.
///
/// An entry holds when its program is on the node. Users change entries, take them away until the next start, and add their own.
enum HostImagePresets {
    static let all: [View<HostImage>] = systems + tools + servers + databases

    /// The least that an entry says; `fill` adds to it.
    static func entry(
        _ name: String, _ images: [String], program: String, command: [String] = [], args: [String], install: String,
        _ fill: (inout View<HostImageSpec>) -> Void = { _ in }
    ) -> View<HostImage> {
        HostImage.new(name) { image in
            var spec = View<HostImageSpec>()
            spec.images = images
            spec.program = program
            spec.command = command
            spec.args = args
            if !install.isEmpty { spec.install = "apt-get install -y " + install }
            fill(&spec)
            image.spec = spec
        }
    }

    static func variables(_ pairs: KeyValuePairs<String, String>) -> [View<HostImageVariable>] {
        pairs.map { name, value in
            View<HostImageVariable> {
                $0.name = name
                $0.value = value
            }
        }
    }

    static func file(_ path: String, _ content: String, mode: Int = 0o644) -> View<HostImageFile> {
        View<HostImageFile> {
            $0.path = path
            $0.content = content
            $0.mode = mode
        }
    }

    // MARK: - Whole systems

    /// These have no program of their own: the node's shell and tools serve, and busybox fills the gaps where it is installed.
    private static let systems: [View<HostImage>] = [
        entry("alpine", ["alpine"], program: "sh", args: ["/bin/sh"], install: "") { $0.applets = "busybox" },
        entry(
            "busybox", ["busybox", "registry.k8s.io/e2e-test-images/busybox", "gcr.io/google-containers/busybox"], program: "sh",
            args: ["sh"], install: ""
        ) {
            $0.applets = "busybox"
        },
        entry("debian", ["debian"], program: "bash", args: ["bash"], install: "bash"),
        entry("ubuntu", ["ubuntu"], program: "bash", args: ["/bin/bash"], install: "bash"),
        entry(
            "pause",
            [
                "registry.k8s.io/pause", "k8s.gcr.io/pause", "gcr.io/google-containers/pause", "gcr.io/google_containers/pause",
                "rancher/mirrored-pause",
            ], program: "/pause", command: ["/pause"], args: [], install: ""
        ) { $0.builtin = "pause" },
    ]

    // MARK: - Tools and languages

    private static let tools: [View<HostImage>] = [
        entry(
            "curl", ["curlimages/curl", "quay.io/curl/curl"], program: "curl", command: ["sh", "-c", orElse("curl"), "curl"],
            args: ["curl", "--help"],
            install: "curl"),
        entry("golang", ["golang"], program: "go", args: ["bash"], install: "golang-go"),
        entry("node", ["node"], program: "node", command: ["sh", "-c", orElse("node"), "node"], args: ["node"], install: "nodejs"),
        entry("perl", ["perl"], program: "perl", args: ["perl", "-de0"], install: "perl"),
        entry("python", ["python"], program: "python3", args: ["python3"], install: "python3") {
            // Debian calls it python3 only.
            $0.files = [file("/usr/lib/swkube/bin/python", "#!/bin/sh\nexec python3 \"$@\"\n", mode: 0o755)]
            $0.env = variables(["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/swkube/bin"])
        },
        entry("ruby", ["ruby"], program: "ruby", args: ["irb"], install: "ruby"),
    ]

    /// An entry point that takes flags, or words that are no program, as arguments of `program`: so do those of the images.
    static func orElse(_ program: String) -> String {
        "case \"${1:--}\" in -*) set -- \(program) \"$@\";; *) command -v \"$1\" >/dev/null || set -- \(program) \"$@\";; esac; exec \"$@\""
    }

    // MARK: - Servers

    private static let servers: [View<HostImage>] = [
        webServer(
            "nginx", ["nginx", "registry.k8s.io/nginx", "registry.k8s.io/nginx-slim", "registry.k8s.io/e2e-test-images/nginx"], port: 80),
        webServer("nginx-unprivileged", ["nginxinc/nginx-unprivileged"], port: 8080),
        entry(
            "httpd", ["httpd", "registry.k8s.io/e2e-test-images/httpd"], program: "apache2",
            args: ["apache2", "-D", "FOREGROUND", "-f", "/usr/local/apache2/conf/httpd.conf"], install: "apache2-bin"
        ) {
            $0.stopSignal = "SIGWINCH"
            $0.ports = [80]
            $0.user = "www-data"
            $0.workingDir = "/usr/local/apache2"
            $0.folders = ["/var/run/apache2", "/usr/local/apache2/htdocs"]
            $0.files = [
                file("/usr/local/apache2/conf/httpd.conf", httpd),
                file("/usr/local/apache2/htdocs/index.html", "<html><body><h1>It works!</h1></body></html>\n"),
            ]
        },
        entry(
            "registry", ["registry"], program: "docker-registry", command: ["docker-registry"],
            args: ["serve", "/etc/docker/registry/config.yml"], install: "docker-registry"
        ) {
            $0.ports = [5000]
            $0.folders = ["/var/lib/registry"]
            $0.files = [file("/etc/docker/registry/config.yml", registry)]
        },
    ]

    /// The worker stays who the master is: in a pod of an ordinary user there is nobody else.
    private static let nginx = """
        user root;
        worker_processes auto;
        pid /run/nginx.pid;
        error_log /dev/stderr notice;
        events { worker_connections 1024; }
        http {
            include /etc/nginx/mime.types;
            default_type application/octet-stream;
            access_log /dev/stdout;
            sendfile on;
            keepalive_timeout 65;
            include /etc/nginx/conf.d/*.conf;
        }

        """

    private static func webServer(_ name: String, _ images: [String], port: Int) -> View<HostImage> {
        entry(name, images, program: "nginx", args: ["nginx", "-g", "daemon off;"], install: "nginx-light") {
            $0.stopSignal = "SIGQUIT"
            $0.ports = [port]
            $0.folders = ["/var/lib/nginx", "/var/log/nginx", "/var/cache/nginx", "/etc/nginx/conf.d", "/usr/share/nginx/html"]
            $0.files = [
                file("/etc/nginx/nginx.conf", nginx), file("/etc/nginx/conf.d/default.conf", site(port: port)),
                file("/usr/share/nginx/html/index.html", "<h1>Welcome to nginx!</h1>\n<p>Served by this machine's own nginx.</p>\n"),
            ]
        }
    }

    private static func site(port: Int) -> String {
        """
        server {
            listen \(port);
            server_name localhost;
            location / {
                root /usr/share/nginx/html;
                index index.html index.htm;
            }
        }

        """
    }

    /// As the image has it: open to who reaches it.
    private static let registry = """
        version: 0.1
        log: {level: info}
        storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}
        http: {addr: ":5000"}

        """

    private static let httpd = """
        ServerRoot /usr/local/apache2
        ServerName localhost
        Listen 80
        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
        LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
        LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
        LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
        TypesConfig /etc/mime.types
        DirectoryIndex index.html
        DocumentRoot /usr/local/apache2/htdocs
        <Directory /usr/local/apache2/htdocs>
            Require all granted
        </Directory>
        PidFile /var/run/apache2/httpd.pid
        Mutex file:/var/run/apache2 default
        ErrorLog /dev/stderr
        LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
        CustomLog /dev/stdout common

        """

    // MARK: - Databases

    private static let databases: [View<HostImage>] = [
        entry(
            "memcached", ["memcached"], program: "memcached", command: ["sh", "-c", orElse("memcached"), "memcached"], args: ["memcached"],
            install: "memcached"
        ) {
            $0.ports = [11211]
            $0.user = "11211"
        },
        keyValue("redis", images: ["redis", "registry.k8s.io/redis", "registry.k8s.io/e2e-test-images/redis"], program: "redis-server"),
        keyValue("valkey", images: ["valkey/valkey", "valkey"], program: "valkey-server"),
        entry(
            "postgres", ["postgres"], program: "/usr/lib/postgresql/*/bin/postgres", command: ["sh", "-c", postgres, "postgres"],
            args: ["postgres"], install: "postgresql"
        ) {
            $0.stopSignal = "SIGINT"
            $0.ports = [5432]
            $0.user = "postgres"
            $0.env = variables(["PGDATA": "/var/lib/postgresql/data"])
            $0.folders = ["/var/lib/postgresql/data", "/var/run/postgresql", "/run/postgresql"]
        },
        sql("mariadb", program: "mariadbd", prefix: "MARIADB", install: "mariadb-server"),
        sql("mysql", program: "mysqld", prefix: "MYSQL", install: "default-mysql-server"),
    ]

    /// The images' protected mode is off, because their port is the pod's own.
    private static func keyValue(_ name: String, images: [String], program: String) -> View<HostImage> {
        entry(
            name, images, program: program,
            command: [
                "sh", "-c",
                "case \"${1:--}\" in -*|*.conf) set -- \(program) \"$@\";; esac; "
                    + "[ \"$1\" != \(program) ] || set -- \"$@\" --protected-mode no; exec \"$@\"", name,
            ], args: [program], install: program
        ) {
            $0.ports = [6379]
            $0.workingDir = "/data"
            $0.folders = ["/data"]
        }
    }

    /// Makes the database at the first start, by the variables that the image knows.
    private static let postgres = """
        set -e
        case "${1:--}" in -*) set -- postgres "$@";; esac
        if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
            if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
                echo "Error: Database is uninitialized and superuser password is not specified." >&2
                echo "       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser." >&2
                exit 1
            fi
            umask 077
            mkdir -p "$PGDATA"
            word=$(mktemp)
            printf '%s\\n' "${POSTGRES_PASSWORD:-unused}" >"$word"
            initdb --username="${POSTGRES_USER:-postgres}" --pwfile="$word" -D "$PGDATA" ${POSTGRES_INITDB_ARGS:-}
            rm -f "$word"
            echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
            echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
            name=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
            pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
            export PGPASSWORD=$POSTGRES_PASSWORD
            if [ "$name" != postgres ]; then
                createdb -U "${POSTGRES_USER:-postgres}" "$name"
            fi
            for script in /docker-entrypoint-initdb.d/*; do
                case "$script" in
                    *.sh) . "$script";;
                    *.sql) psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d "$name" -f "$script";;
                esac
            done
            unset PGPASSWORD
            pg_ctl -D "$PGDATA" -m fast -w stop
        fi
        exec "$@"
        """

    private static func sql(_ name: String, program: String, prefix: String, install: String) -> View<HostImage> {
        let script = """
            set -e
            case "${1:--}" in -*) set -- \(program) "$@";; esac
            data=/var/lib/mysql
            if [ "$1" = \(program) ] && [ ! -d "$data/mysql" ]; then
                word=${\(prefix)_ROOT_PASSWORD:-$MYSQL_ROOT_PASSWORD}
                base=${\(prefix)_DATABASE:-$MYSQL_DATABASE}
                user=${\(prefix)_USER:-$MYSQL_USER}
                pass=${\(prefix)_PASSWORD:-$MYSQL_PASSWORD}
                if [ -z "$word" ] && [ -z "${\(prefix)_ALLOW_EMPTY_ROOT_PASSWORD:-$MYSQL_ALLOW_EMPTY_PASSWORD}" ]; then
                    echo "Database is uninitialized and password option is not specified: set \(prefix)_ROOT_PASSWORD" >&2
                    exit 1
                fi
                mysql_install_db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >/dev/null
                quote() { printf "%s" "$1" | sed "s/'/''/g"; }
                start=$(mktemp)
                {
                    echo "SET sql_mode = 'NO_BACKSLASH_ESCAPES';"
                    echo "FLUSH PRIVILEGES;"
                    echo "ALTER USER root@localhost IDENTIFIED BY '$(quote "$word")';"
                    echo "CREATE USER IF NOT EXISTS root@'%' IDENTIFIED BY '$(quote "$word")';"
                    echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
                    [ -z "$base" ] || echo "CREATE DATABASE IF NOT EXISTS \\`$base\\`;"
                    [ -z "$user" ] || echo "CREATE USER '$(quote "$user")'@'%' IDENTIFIED BY '$(quote "$pass")';"
                    [ -z "$user" ] || [ -z "$base" ] || echo "GRANT ALL ON \\`$base\\`.* TO '$(quote "$user")'@'%';"
                } >"$start"
                \(program) --bootstrap --datadir="$data" <"$start" >/dev/null
                rm -f "$start"
            fi
            exec "$@" --datadir="$data" --bind-address="*" --socket=/run/mysqld/mysqld.sock
            """
        return entry(name, [name], program: program, command: ["sh", "-c", script, name], args: [program], install: install) {
            $0.ports = [3306]
            $0.user = "mysql"
            $0.folders = ["/var/lib/mysql", "/run/mysqld"]
        }
    }
}
