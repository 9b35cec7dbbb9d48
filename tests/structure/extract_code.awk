# Writes each ```cpp block of a Markdown file into a separate file, PREFIX_1.cpp and so on, with
# the lines numbered as in the document, and prints the names.
# Usage: awk -v prefix=PREFIX -f extract_code.awk FILE
/^```/ {
    if (block != "")
        block = ""
    else if ($0 ~ /^```cpp[ \t]*$/)
        block = prefix "_" (++count) ".cpp"
    else
        block = "none"
    if (block ~ /\.cpp$/) {
        print block
        printf "#line %d \"%s\"\n", FNR + 1, FILENAME >block
    }
    next
}
block ~ /\.cpp$/ { print >block }
