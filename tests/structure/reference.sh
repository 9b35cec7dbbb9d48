#!/bin/sh
# Every public entity has a comment, and every link of a comment or document has a target: the API
# reference builds without a warning. A header that breaks the rule is refused.
# Usage: reference.sh SCRATCH_DIRECTORY DOXYGEN DOXYFILE
set -eu
scratch=$1 doxygen=$2 doxyfile=$3
[ -n "$doxyfile" ] || { echo 'skipped: doxygen is not installed'; exit 77; }
"$doxygen" "$doxyfile"

# Doxygen ignores what is in a namespace without a comment.
root=$(cd "$(dirname "$0")/../.." && pwd)
for name in $(sed -n 's/^namespace asyncjobs::inline ASYNCJOBS_ABI::\([a-z_]*\) {$/\1/p' \
    "$root"/include/asyncjobs/*.hpp "$root"/include/asyncjobs/*/*.hpp \
    "$root"/adapters/*/include/asyncjobs/*/*.hpp | sort -u); do
    [ "$name" = detail ] || grep -q "^/// @namespace asyncjobs::$name\$" "$root/cmake/reference/namespaces.dox" ||
        { echo "cmake/reference/namespaces.dox does not describe $name"; exit 1; }
done

rm -rf "$scratch"
mkdir -p "$scratch"
cat >"$scratch/probe.hpp" <<'END'
/// @file
/// A struct, of which each member but `count()` needs no comment, and a class.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A struct.
struct Plain {
    int number = 0;
    std::function<void(int)> call = {};
    int count() const;
    friend bool operator==(const Plain&, const Plain&) = default;
};

/// A class.
///
/// Thread-safety  None.
class ASYNCJOBS_DECL Moved {
public:
    explicit Moved(int number);
    Moved(Moved&&) noexcept;
    Moved& operator=(Moved&&) noexcept {
        return *this;
    }
    bool empty() const noexcept { return true; }
    static constexpr int limit = 1;
    void move();
    /// Moves it far.
    void move_far();
    enum class Place { here };
};

struct Bare {};

template <typename T>
class Forgotten {
    int member = 0;
};

using Number = int;

inline constexpr int most = 1;

void move(Moved&);

} // namespace asyncjobs::inline ASYNCJOBS_ABI
END
status=0
{
    cat "$doxyfile"
    echo "INPUT = \"$scratch/probe.hpp\" \"$root/cmake/reference/namespaces.dox\""
    echo "OUTPUT_DIRECTORY = \"$scratch\""
    echo 'USE_MDFILE_AS_MAINPAGE ='
} | "$doxygen" - >"$scratch/output" 2>&1 || status=$?
[ "$status" -ne 0 ] || { echo 'Doxygen accepts a header without comments'; exit 1; }
sed -n 's/.*probe\.hpp:\([0-9]*\): .* is not documented.*/\1/p' "$scratch/output" | sort -nu >"$scratch/refused"
grep -nE 'int count|int limit|void move\(|enum class Place|struct Bare|class Forgotten|using Number|int most' "$scratch/probe.hpp" |
    cut -d : -f 1 | diff - "$scratch/refused" || { cat "$scratch/output"; exit 1; }
grep -q '<dt>Thread-safety</dt>' "$scratch"/class*Moved.html || { echo 'Thread-safety is no title'; exit 1; }
