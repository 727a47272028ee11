autocmd BufRead,BufNewFile *.flare setfiletype flare
