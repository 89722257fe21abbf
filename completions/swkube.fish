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
