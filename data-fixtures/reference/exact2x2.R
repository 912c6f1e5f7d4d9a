# Odds ratios by the central form of Fisher's exact test: Fay's exact2x2 on published tables.
# Rscript exact2x2.R > exact2x2.csv        (R 4.2.2, exact2x2 1.7.0, exactci 1.4-5, ssanv 1.1)
# The limits are where the p of exact2x2 is 1 - level; its own are fisher.test's, which end at five
# digits.
suppressMessages(library(exact2x2))
tables <- list(c(9, 135, 10, 184), c(20, 100, 11, 100), c(2, 17, 7, 15), c(75, 168, 49, 167),
               c(3, 4, 1, 4), c(30, 30, 22, 30), c(80, 100, 41, 100))
cat("x1,n1,x0,n0,level,lower,upper,p\n")
for (t in tables) for (level in c(0.9, 0.95, 0.99)) {
  x <- rbind(c(t[1], t[2] - t[1]), c(t[3], t[4] - t[3]))
  p <- function(or) exact2x2(x, or = or, tsmethod = "central", conf.int = FALSE)$p.value
  own <- exact2x2(x, tsmethod = "central", conf.level = level)$conf.int
  limit <- function(about) {
    if (!is.finite(about) || about == 0) return("")
    off <- function(log) p(exp(log)) - (1 - level)
    root <- uniroot(off, log(about) + c(-0.5, 0.5), tol = 1e-15)
    sprintf("%.17g", exp(root$root))
  }
  cat(t, level, limit(own[1]), limit(own[2]), sprintf("%.17g", p(1)), sep = ",")
  cat("\n")
}
