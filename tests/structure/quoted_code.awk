# Prints each block of a Markdown file whose first line names a file ("```cpp examples/a.cpp") that does
# not contain the block's lines, one after another. Usage: awk -f quoted_code.awk DOCUMENT
function text_of(file, line, text, status) {
    text = "\n"
    while ((status = (getline line < file)) > 0)
        text = text line "\n"
    close(file)
    if (status < 0)
        return ""
    return text
}
/^```/ {
    if (open) {
        if (file != "" && index(text_of(file), "\n" block) == 0)
            printf "%s:%d: this is not in %s\n", FILENAME, start, file
        open = 0
    } else {
        open = 1
        file = $2
        start = FNR
        block = ""
    }
    next
}
open { block = block $0 "\n" }
