# Packages of Debian, for other systems than this machine's. To be sourced.

# The first Debian mirror that this machine's apt uses.
debian_mirror() {
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
}

# unpack_debian_packages SUITE FOLDER PACKAGE...: unpacks them and their dependencies, unless
# the folder exists; needs no root. The caller is skipped if they can't be downloaded.
unpack_debian_packages() {
    local suite=$1 folder=$2 from
    shift 2
    mkdir -p "$(dirname "$folder")"
    exec 9>"$folder.lock"
    flock 9
    [ ! -d "$folder" ] || { exec 9>&-; return 0; }
    command -v apt-get >/dev/null || skip "needs apt-get and a Debian mirror, for $*"
    from=$(debian_mirror)
    [ -n "$from" ] || skip "this machine's apt uses no Debian mirror to get $* from"

    local apt=$folder.apt
    rm -rf "$apt" "$folder.new"
    mkdir -p "$apt"/{lists,archives}/partial "$folder.new"
    : >"$apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $from $suite main" >"$apt/sources"
    local options=(-q -y -o "Dir::State=$apt" -o "Dir::State::status=$apt/status"
        -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives"
        -o "Dir::Etc::SourceList=$apt/sources" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::Etc::PreferencesParts=/dev/null -o APT::Sandbox::User=root
        -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
    {
        apt-get "${options[@]}" -o APT::Update::Error-Mode=any update &&
            apt-get "${options[@]}" --no-install-recommends --download-only install "$@"
    } >"$folder.log" 2>&1 || skip "$* of Debian $suite can't be had from $from; see $folder.log"
    for package in "$apt"/archives/*.deb; do dpkg-deb --extract "$package" "$folder.new"; done
    rm -rf "$apt"
    mv "$folder.new" "$folder"
    exec 9>&-
}
