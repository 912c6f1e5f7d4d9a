# Tails and quantiles.               Rscript distributions.R > distributions.csv   (R 4.2.2)
cat("function,df,argument,value\n")
row <- function(name, df, x, value)
  cat(name, df, format(c(x, value), digits = 17, trim = TRUE), sep = ",", fill = TRUE)
for (df in c(1, 1.7, 4.33, 12, 133.2, 321, 5000, 19999, 20001, 1e6, 1e8)) {
  for (p in c(0.975, 0.95, 0.9995, 0.6)) row("t_quantile", df, p, qt(p, df))
  for (x in c(0.01, 0.5, 2, 5)) row("t_two_sided", df, x, 2 * pt(x, df, lower.tail = FALSE))
}
for (p in c(0.975, 0.995, 0.6)) row("normal_quantile", 0, p, qnorm(p))
for (x in c(0.01, 1.96, 5)) row("normal_two_sided", 0, x, 2 * pnorm(x, lower.tail = FALSE))
