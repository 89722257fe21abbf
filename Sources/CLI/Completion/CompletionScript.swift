/// The scripts that ask `swkube __complete` for candidates. They hold no words of their own, so they never grow old.
///
/// `swkube __complete WORDS… LAST` prints one candidate a line, perhaps with a tab and what it means; the line `:files` asks the shell
/// to complete names of files.
enum CompletionScript: String, CaseIterable {
    case bash, zsh, fish

    var text: String {
        switch self {
        case .bash: Self.bashText
        case .zsh: Self.zshText
        case .fish: Self.fishText
        }
    }

    private static let bashText = #"""
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

        """#

    private static let zshText = #"""
        #compdef swkube
        # zsh completion for swkube. Made by: swkube completion zsh
        _swkube() {
            local line
            local -a plain open
            while IFS= read -r line; do
                if [[ $line == :files ]]; then
                    _files
                    return
                fi
                local candidate="${line%%$'\t'*}" meaning=""
                [[ $line == *$'\t'* ]] && meaning=":${line#*$'\t'}"
                if [[ $candidate == */ || $candidate == *= ]]; then
                    open+=("${candidate//:/\\:}$meaning")
                else
                    plain+=("${candidate//:/\\:}$meaning")
                fi
            done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2> /dev/null)
            (( $#open )) && _describe -t words word open -S ''
            (( $#plain )) && _describe -t words word plain
        }
        if [[ "$funcstack[1]" == _swkube ]]; then
            _swkube "$@"
        else
            compdef _swkube swkube
        fi

        """#

    private static let fishText = #"""
        # fish completion for swkube. Made by: swkube completion fish
        function __swkube_complete
            set -l words (commandline -opc)
            set -l last (commandline -ct)
            set -l candidates ($words[1] __complete -- $words[2..-1] $last 2> /dev/null)
            if contains -- :files $candidates
                __fish_complete_path $last
            else
                string collect -- $candidates | string match -v -- ''
            end
        end
        complete -c swkube -e
        complete -c swkube -f -a '(__swkube_complete)'

        """#
}
