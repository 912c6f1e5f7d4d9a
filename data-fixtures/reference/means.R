# Differences in means with Neyman's variance: estimatr and, independently, base R.
# Rscript means.R > means.csv        (R 4.2.2, estimatr 1.0.0 of Debian)
suppressMessages(library(estimatr))
cases <- list(
  mtcars = list(mtcars$mpg[mtcars$am == 1], mtcars$mpg[mtcars$am == 0]),
  toothgrowth = with(ToothGrowth, list(len[supp == "OJ"], len[supp == "VC"])),
  tiny = list(c(1, 2, 4), c(0, 3)),
  # Kroner with a large common part: digits are lost where squares are summed.
  far = list(1e9 + c(0.25, 0.5, 1.5, 2.25), 1e9 + c(0.125, 0.75, 1)),
  shares = list(rep(1:0, c(9, 126)), rep(1:0, c(10, 178)))
)
cat("case,level,arm,reference,estimate,std_error,df,p_value,lower,upper\n")
for (name in names(cases)) for (level in c(0.95, 0.9)) {
  arm <- cases[[name]][[1]]; reference <- cases[[name]][[2]]
  test <- t.test(arm, reference, conf.level = level)
  d <- data.frame(y = c(arm, reference), z = rep(1:0, c(length(arm), length(reference))))
  fit <- difference_in_means(y ~ z, d, alpha = 1 - level)
  stopifnot(all.equal(unname(fit$std.error), test$stderr, tolerance = 1e-7),
            all.equal(unname(fit$df), unname(test$parameter), tolerance = 1e-7))
  numbers <- c(unname(test$estimate[1] - test$estimate[2]), test$stderr, test$parameter,
               test$p.value, test$conf.int)
  cat(name, level, paste(format(arm, digits = 17, trim = TRUE), collapse = " "),
      paste(format(reference, digits = 17, trim = TRUE), collapse = " "),
      format(numbers, digits = 17, trim = TRUE), sep = ",")
  cat("\n")
}
