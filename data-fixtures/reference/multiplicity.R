# Adjusted p-values.                 Rscript multiplicity.R > multiplicity.csv     (R 4.2.2)
cat("method,raw,adjusted\n")
for (raw in list(c(0.01, 0.04, 0.03, 0.005), c(0.2, 0.2, 0.9, 0.04, 0.0001), c(0.6, 0.7)))
  for (method in c("holm", "hochberg", "BH"))
    cat(tolower(method), paste(raw, collapse = " "),
        paste(format(p.adjust(raw, method), digits = 17, trim = TRUE), collapse = " "),
        sep = ",", fill = 10000)
