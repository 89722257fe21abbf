# bash completion for swkube. Made by: swkube completion bash
_swkube() {
    local line="${COMP_LINE:0:COMP_POINT}" candidate meaning
    local -a words
    read -r -a words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    local last="${words[${#words[@]} - 1]}"
    # Bash replaces only what follows the last = or : of the word.
    local kept="${last%"${last##*[=:]}"}"
    COMPREPLY=()
    while IFS=$'\t' read -r candidate meaning; do
        if [[ $candidate == :files ]]; then
            compopt -o default
            COMPREPLY=()
            return
        fi
        [[ $candidate == "$last"* ]] && COMPREPLY+=("${candidate#"$kept"}")
    done < <("${words[0]}" __complete -- "${words[@]:1}" 2> /dev/null)
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace
}
complete -F _swkube swkube
